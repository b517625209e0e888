"""The tables of the kernel, the sequencer, and the clock."""

from datetime import timedelta

import django.contrib.postgres.fields
import django.db.models.functions
from django.db import migrations, models

# Names are unqualified throughout: the same migration runs once in the schema of every context.
TABLE_DETAILS = """
alter table outbox_pending alter column id set generated always;
alter table outbox_pending set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
alter table event_head
  add column floor_id bigint not null default 0,
  add column probe_id bigint not null default 0,
  add column probe_xid xid8 not null default '0';
alter table event_head set (fillfactor = 10);
alter table event_bell set unlogged;
alter table event_bell set (fillfactor = 10);
alter table event_subscription set (fillfactor = 10);
insert into event_head (one) values (true);
insert into clock_offset (one, shift) values (true, interval '0');
"""

# Moves up to n visible pending events into the log and numbers them without gaps. Proof: the aggregate's row lock is taken
# before the identity is drawn (CACHE 1), so ids follow the sequence within an aggregate; the head row serialises sequencers;
# ids up to floor_id can no longer appear, because every transaction that could hold one ended before the probe's successor
# looked. So the scan may start above the floor and never reads dead rows an old snapshot keeps alive.
SEQUENCE_BATCH = """
create function sequence_batch(n int) returns table(first_seq bigint, moved int)
language plpgsql set enable_seqscan = off as $$
declare hi bigint; h event_head; m int; top bigint; safe bool;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'sequence_batch must start its transaction';
  end if;
  select last_value into hi from outbox_pending_id_seq;          -- before our xid exists
  select * into strict h from event_head for update;             -- assigns our xid, serialises sequencers
  safe := h.probe_xid < pg_snapshot_xmin(pg_current_snapshot()); -- all holders of ids <= probe_id have ended
  with gone as (
    delete from outbox_pending where id = any(array(
      select id from outbox_pending where id > h.floor_id order by id limit n)) returning *),
  ins as (
    insert into event_log (seq, event_id, name, aggregate, sequence, occurred_at, logged_at,
                           correlation_id, causation_id, traceparent, payload)
    select h.last_seq + row_number() over (order by id), event_id, name, aggregate, sequence, occurred_at,
           clock_timestamp(), correlation_id, causation_id, traceparent, payload from gone)
  select count(*), max(id) into m, top from gone;
  if m > 0 then
    update event_head set
      last_seq = h.last_seq + m,
      floor_id = case when safe then greatest(h.floor_id, least(h.probe_id,
                   case when m < n then h.probe_id else top end)) else h.floor_id end,
      probe_id = case when safe and (m < n or top >= h.probe_id) then hi else h.probe_id end,
      probe_xid = case when safe and (m < n or top >= h.probe_id) then pg_current_xact_id() else h.probe_xid end;
  end if;
  return query select h.last_seq + 1, m;
end $$;
"""

# Test mode replaces this form after migrating: shared_kernel.clock.install.
ASHLAR_NOW = """
create function ashlar_now() returns timestamptz
language sql stable parallel safe as $$ select now() $$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LoggedEvent",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("name", models.TextField()),
                ("aggregate", models.UUIDField()),
                ("sequence", models.IntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("logged_at", models.DateTimeField()),
                ("correlation_id", models.UUIDField(null=True)),
                ("causation_id", models.UUIDField(null=True)),
                ("traceparent", models.TextField(null=True)),
                ("payload", models.JSONField()),
            ],
            options={
                "db_table": "event_log",
                "ordering": ("seq",),
            },
        ),
        migrations.CreateModel(
            name="Bell",
            fields=[
                ("one", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("idle", models.BooleanField()),
            ],
            options={
                "db_table": "event_bell",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("one", True)), name="event_bell_has_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockOffset",
            fields=[
                ("one", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("shift", models.DurationField(default=timedelta)),
            ],
            options={
                "db_table": "clock_offset",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("one", True)), name="clock_offset_has_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="EventHead",
            fields=[
                ("one", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("last_seq", models.BigIntegerField(db_default=0)),
                ("archived_seq", models.BigIntegerField(db_default=0)),
                ("epoch", models.UUIDField(db_default=models.Func(function="gen_random_uuid"))),
            ],
            options={
                "db_table": "event_head",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("one", True)), name="event_head_has_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subscription", models.TextField()),
                ("partition", models.SmallIntegerField(default=0)),
                ("seq", models.BigIntegerField()),
                ("name", models.TextField()),
                ("aggregate", models.UUIDField()),
                ("attempts", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("parked_at", models.DateTimeField()),
                ("dead_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(null=True)),
            ],
            options={
                "db_table": "event_parked",
                "indexes": [models.Index(fields=["subscription", "aggregate", "seq"], name="event_parked_queue")],
                "constraints": [
                    models.UniqueConstraint(fields=("subscription", "seq"), name="event_parked_subscription_seq")
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("name", models.TextField()),
                ("aggregate", models.UUIDField()),
                ("sequence", models.IntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("correlation_id", models.UUIDField(null=True)),
                ("causation_id", models.UUIDField(null=True)),
                ("traceparent", models.TextField(null=True)),
                ("payload", models.JSONField()),
            ],
            options={
                "db_table": "outbox_pending",
                "constraints": [
                    models.UniqueConstraint(fields=("aggregate", "sequence"), name="outbox_pending_aggregate_sequence")
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionCursor",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("partition", models.SmallIntegerField(default=0)),
                ("cursor", models.BigIntegerField(default=0)),
                ("epoch", models.UUIDField(null=True)),
                ("moved_at", models.DateTimeField(db_default=django.db.models.functions.Now())),
            ],
            options={
                "db_table": "event_subscription",
                "constraints": [
                    models.UniqueConstraint(fields=("name", "partition"), name="event_subscription_name_partition")
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("scope", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("resource_id", models.UUIDField()),
                ("holder", models.UUIDField()),
                ("created_at", models.DateTimeField(db_index=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("runs", models.PositiveIntegerField(default=1)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "idempotency_key",
            },
        ),
        migrations.CreateModel(
            name="KnownApiKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("key_hash", models.CharField(max_length=64, unique=True)),
                ("owner", models.CharField(max_length=200)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), default=list, size=None
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "known_api_key",
            },
        ),
        migrations.RunSQL(TABLE_DETAILS, migrations.RunSQL.noop),
        migrations.RunSQL(SEQUENCE_BATCH, "drop function sequence_batch(int)"),
        migrations.RunSQL(ASHLAR_NOW, "drop function ashlar_now()"),
    ]
