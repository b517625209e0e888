"""The walls between the schemas, each as the query that finds where it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True, kw_only=True)
class Wall:
    """One thing that must not exist; `query` answers with a subject and a detail for each that does."""

    name: str
    query: LiteralString


# Every query may read `estate` (a schema and its two roles) and `tenant` (one of these roles and its schema).
ESTATES: LiteralString = """
    WITH estate AS (
        SELECT *, schema::regnamespace::oid AS namespace
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS e(schema, owner, app)
    ),
    tenant AS (
        SELECT r.oid, r.rolname AS role, e.schema, e.namespace, r.rolname = e.app AND e.app <> e.owner AS is_app
        FROM estate e JOIN pg_roles r ON r.rolname IN (e.owner, e.app)
    )
"""

WALLS = (
    Wall(
        name="foreign_key_between_schemas",
        query="""
        SELECT format('%%s on %%s', c.conname, c.conrelid::regclass), format('points to %%s', c.confrelid::regclass)
        FROM pg_constraint c
        JOIN pg_class here ON here.oid = c.conrelid
        JOIN pg_class there ON there.oid = c.confrelid
        WHERE c.contype = 'f' AND here.relnamespace <> there.relnamespace
          AND EXISTS (SELECT FROM estate WHERE namespace IN (here.relnamespace, there.relnamespace))
        """,
    ),
    Wall(
        name="view_between_schemas",
        query="""
        SELECT DISTINCT format('%%s.%%s', n.nspname, here.relname), format('reads %%s.%%s', m.nspname, there.relname)
        FROM pg_rewrite r
        JOIN pg_class here ON here.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = here.relnamespace
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        JOIN pg_class there ON there.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_namespace m ON m.oid = there.relnamespace
        WHERE here.relnamespace <> there.relnamespace
          AND there.relnamespace IN (SELECT namespace FROM estate)
        """,
    ),
    Wall(
        name="trigger_between_schemas",
        query="""
        SELECT format('%%s on %%s.%%s', t.tgname, n.nspname, c.relname), format('runs %%s.%%s', m.nspname, p.proname)
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace m ON m.oid = p.pronamespace
        WHERE NOT t.tgisinternal AND c.relnamespace <> p.pronamespace
          AND EXISTS (SELECT FROM estate WHERE namespace IN (c.relnamespace, p.pronamespace))
        """,
    ),
    Wall(
        name="function_names_another_schema",
        query=r"""
        SELECT format('%%s.%%s', home.schema, p.proname), format('names %%s', other.schema)
        FROM (SELECT * FROM pg_proc WHERE prokind IN ('f', 'p')) p
        JOIN estate home ON home.namespace = p.pronamespace
        JOIN estate other ON other.schema <> home.schema
        WHERE lower(pg_get_functiondef(p.oid)) ~ ('\m"?' || other.schema || '"?\s*\.\s*"?\w')
           OR lower(array_to_string(p.proconfig, ' ')) ~ ('search_path=.*\m' || other.schema || '\M')
        """,
    ),
    Wall(
        name="function_with_the_rights_of_its_owner",
        query="""
        SELECT p.oid::regprocedure::text, 'is SECURITY DEFINER'
        FROM pg_proc p WHERE p.prosecdef AND p.pronamespace IN (SELECT namespace FROM estate)
        """,
    ),
    Wall(
        name="table_inherits_between_schemas",
        query="""
        SELECT i.inhrelid::regclass::text, format('inherits from %%s', i.inhparent::regclass)
        FROM pg_inherits i
        JOIN pg_class here ON here.oid = i.inhrelid
        JOIN pg_class there ON there.oid = i.inhparent
        WHERE here.relnamespace <> there.relnamespace AND there.relnamespace IN (SELECT namespace FROM estate)
        """,
    ),
    Wall(
        name="default_from_another_schema",
        query="""
        SELECT format('%%s.%%s', a.adrelid::regclass, col.attname), format('draws on %%s', there.oid::regclass)
        FROM pg_attrdef a
        JOIN pg_class here ON here.oid = a.adrelid
        JOIN pg_attribute col ON col.attrelid = a.adrelid AND col.attnum = a.adnum
        JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
        JOIN pg_class there ON there.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        WHERE here.relnamespace <> there.relnamespace AND there.relnamespace IN (SELECT namespace FROM estate)
        """,
    ),
    Wall(
        name="schema_open_to_another_role",
        query="""
        SELECT t.role::text, format('may use the schema %%s', e.schema)
        FROM tenant t JOIN estate e ON e.schema <> t.schema
        WHERE has_schema_privilege(t.oid, e.namespace, 'USAGE') OR has_schema_privilege(t.oid, e.namespace, 'CREATE')
        """,
    ),
    Wall(
        name="grant_to_another_role",
        query="""
        SELECT format('%%s.%%s', e.schema, granted.name),
               format('%%s is granted to %%s', granted.privilege_type, coalesce(r.rolname, 'PUBLIC'))
        FROM estate e
        JOIN (
            SELECT c.relnamespace, c.relname AS name, acl.grantee, acl.privilege_type
            FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) acl
            UNION
            SELECT c.relnamespace, format('%%s.%%s', c.relname, a.attname), acl.grantee, acl.privilege_type
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN LATERAL aclexplode(a.attacl) acl
            UNION
            SELECT d.defaclnamespace, 'default privileges', acl.grantee, acl.privilege_type
            FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
        ) granted ON granted.relnamespace = e.namespace
        LEFT JOIN pg_roles r ON r.oid = granted.grantee
        WHERE coalesce(r.rolname, 'PUBLIC') NOT IN (e.owner, e.app)
        """,
    ),
    Wall(
        name="app_role_may_more_than_rows",
        query="""
        SELECT format('%%s.%%s', t.schema, c.relname), format('%%s is granted to %%s', acl.privilege_type, t.role)
        FROM tenant t
        JOIN pg_class c ON c.relnamespace = t.namespace
        CROSS JOIN LATERAL aclexplode(c.relacl) acl
        WHERE t.is_app AND acl.grantee = t.oid
          AND acl.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
        """,
    ),
    Wall(
        name="app_role_may_create",
        query="""
        SELECT role::text, format('may create in the schema %%s', schema) FROM tenant
        WHERE is_app AND has_schema_privilege(oid, namespace, 'CREATE')
        UNION ALL
        SELECT role::text, format('may create schemas in %%s', current_database()) FROM tenant
        WHERE has_database_privilege(oid, current_database(), 'CREATE')
        """,
    ),
    Wall(
        name="role_with_power",
        query="""
        SELECT t.role::text, format('has %%s', power.name)
        FROM tenant t JOIN pg_roles r ON r.oid = t.oid
        CROSS JOIN LATERAL (
            VALUES ('SUPERUSER', r.rolsuper), ('CREATEROLE', r.rolcreaterole), ('CREATEDB', r.rolcreatedb),
                   ('REPLICATION', r.rolreplication), ('BYPASSRLS', r.rolbypassrls)
        ) power(name, held)
        WHERE power.held
        UNION ALL
        SELECT t.role::text, format('is a member of %%s', m.roleid::regrole)
        FROM tenant t JOIN pg_auth_members m ON m.member = t.oid
        """,
    ),
    Wall(
        name="search_path_leads_elsewhere",
        query="""
        SELECT t.role::text, coalesce(array_to_string(s.setconfig, ', '), 'has no search_path of its own')
        FROM tenant t
        LEFT JOIN pg_db_role_setting s ON s.setrole = t.oid AND s.setdatabase = 0
        WHERE NOT coalesce(format('search_path=%%s', t.schema) = ANY (s.setconfig), false)
        """,
    ),
    Wall(
        name="owned_by_another_role",
        query="""
        SELECT format('%%s.%%s', e.schema, c.relname), format('belongs to %%s', c.relowner::regrole)
        FROM estate e JOIN pg_class c ON c.relnamespace = e.namespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relowner::regrole::text <> quote_ident(e.owner)
        UNION ALL
        SELECT p.oid::regprocedure::text, format('belongs to %%s', p.proowner::regrole)
        FROM estate e JOIN pg_proc p ON p.pronamespace = e.namespace
        WHERE p.proowner::regrole::text <> quote_ident(e.owner)
          -- Constructors of a range type belong to the server's first superuser, those of an extension to its maker.
          AND NOT EXISTS (
              SELECT FROM pg_depend d
              WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e')
          )
        UNION ALL
        SELECT format('schema %%s', e.schema), format('belongs to %%s', n.nspowner::regrole)
        FROM estate e JOIN pg_namespace n ON n.oid = e.namespace
        WHERE n.nspowner::regrole::text <> quote_ident(e.owner)
        """,
    ),
    Wall(
        name="public_schema_in_use",
        query="""
        SELECT 'schema public', format('%%s is granted to %%s', acl.privilege_type, coalesce(r.rolname, 'PUBLIC'))
        FROM pg_namespace n
        CROSS JOIN LATERAL aclexplode(n.nspacl) acl
        LEFT JOIN pg_roles r ON r.oid = acl.grantee
        WHERE n.nspname = 'public' AND (acl.grantee = 0 OR acl.grantee IN (SELECT oid FROM tenant))
        UNION ALL
        SELECT format('public.%%s', c.relname), 'no table lives in public'
        FROM pg_class c
        WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        """,
    ),
)
