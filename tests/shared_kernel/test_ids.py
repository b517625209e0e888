"""TypeIDs: UUIDv7 inside, prefix and Crockford base32 outside."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.ids import InvalidId, decode_id, encode_id, new_id


class TestTypeId:
    @given(st.uuids())
    def test_reads_back_what_it_wrote(self, value: UUID) -> None:
        assert decode_id("ord", encode_id("ord", value)) == value

    def test_is_the_text_of_the_published_example(self) -> None:
        # The example of the TypeID specification, 0.3.0, "valid.yml".
        value = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

        assert encode_id("prefix", value) == "prefix_01h455vb4pex5vsknk084sn02q"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "ord",
            "ord_",
            "pay_01h455vb4pex5vsknk084sn02q",
            "ord_01H455VB4PEX5VSKNK084SN02Q",
            "ord_81h455vb4pex5vsknk084sn02q",
            "ord_01h455vb4pex5vsknk084sn02",
            "ord_01h455vb4pex5vsknk084sn02qq",
            "ord_01h455vb4pex5vsknk084sn02l",
            "ord_01h455vb4pex5vsknk084sn02q\n",
            "01890a5d-ac96-774b-bcce-b302099a8057",
        ],
    )
    def test_refuses_every_other_text(self, text: str) -> None:
        with pytest.raises(InvalidId):
            decode_id("ord", text)


class TestNewId:
    def test_sorts_by_time_of_drawing(self) -> None:
        drawn = [new_id() for _ in range(1000)]

        assert drawn == sorted(drawn)
        assert {value.version for value in drawn} == {7}
