"""Give the portal's database role what it needs and no more; run as owner after each migration."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from psycopg import sql

from eid_portal.core.database import AppendOnlyModel, public_models


class Command(BaseCommand):
    help = "Grant EID_APP_ROLE its rights on every table: records of fact can only be read and added to."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", default="eid_app")

    def handle(self, *, role: str, **_options: Any) -> None:
        name = sql.Identifier(role)
        database = sql.Identifier(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {role}",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
                "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
                "GRANT SELECT ON django_migrations TO {role}",
            ):
                cursor.execute(sql.SQL(statement).format(role=name, database=database))
            for model in public_models():
                fact = issubclass(model, AppendOnlyModel)
                rights = "SELECT, INSERT" if fact else "SELECT, INSERT, UPDATE, DELETE"
                cursor.execute(
                    sql.SQL(f"GRANT {rights} ON {{table}} TO {{role}}").format(
                        table=sql.Identifier(model._meta.db_table), role=name
                    )
                )
        self.stdout.write(f"granted {role} its rights")
