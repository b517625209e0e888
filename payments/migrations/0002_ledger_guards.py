"""Open the accounts, and have the database itself refuse journals that are changed or do not balance."""

from typing import Any

from django.db import migrations

# As of this migration; an account opened later comes with a migration of its own.
ACCOUNTS = (
    ("provider_clearing", "Money our payment providers hold for us until they pay it out", "asset"),
    ("customer_payments", "Money received from customers for their orders", "liability"),
)

APPEND_ONLY = """
create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;
create trigger journal_entry_append_only before update or delete on payments_journalentry
  for each row execute function ledger_is_append_only();
create trigger journal_line_append_only before update or delete on payments_journalline
  for each row execute function ledger_is_append_only();
"""

# Deferred to the commit, because a journal is written line by line. A line added to an older journal is held to the same
# sum, and an entry may not stay without lines.
BALANCED = """
create function journal_is_balanced() returns trigger language plpgsql as $$
declare
  journal uuid;
  difference record;
begin
  if tg_table_name = 'payments_journalentry' then
    journal := new.id;
  else
    journal := new.entry_id;
  end if;
  if not exists (select 1 from payments_journalline where entry_id = journal) then
    raise exception 'journal % has no lines', journal using errcode = 'check_violation';
  end if;
  select currency, sum(case side when 'debit' then amount else -amount end) as amount into difference
    from payments_journalline where entry_id = journal
    group by currency having sum(case side when 'debit' then amount else -amount end) <> 0 limit 1;
  if found then
    raise exception 'journal % is out of balance by % %', journal, difference.amount, difference.currency
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger journal_entry_balanced after insert on payments_journalentry
  deferrable initially deferred for each row execute function journal_is_balanced();
create constraint trigger journal_line_balanced after insert on payments_journalline
  deferrable initially deferred for each row execute function journal_is_balanced();
"""


def open_accounts(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("payments", "LedgerAccount")
    model.objects.using(schema_editor.connection.alias).bulk_create(
        model(id=account, name=name, type=kind) for account, name, kind in ACCOUNTS
    )


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunPython(open_accounts, migrations.RunPython.noop),
        migrations.RunSQL(
            APPEND_ONLY,
            "drop trigger journal_line_append_only on payments_journalline;"
            "drop trigger journal_entry_append_only on payments_journalentry;"
            "drop function ledger_is_append_only()",
        ),
        migrations.RunSQL(
            BALANCED,
            "drop trigger journal_line_balanced on payments_journalline;"
            "drop trigger journal_entry_balanced on payments_journalentry;"
            "drop function journal_is_balanced()",
        ),
    ]
