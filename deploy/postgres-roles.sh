#!/bin/sh
# Run once by the PostgreSQL image when its data folder is empty: the same two roles as `make run` makes.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=owner="$(cat /run/secrets/owner_password)" --set=app="$(cat /run/secrets/app_password)" <<'SQL'
CREATE ROLE eid_owner LOGIN PASSWORD :'owner';
CREATE ROLE eid_app LOGIN PASSWORD :'app';
CREATE DATABASE eid OWNER eid_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE eid FROM PUBLIC;
GRANT CONNECT ON DATABASE eid TO eid_app;
SQL
