-- Which statements cost what, without their values. Of all databases, and in no copy of the shop's.
\connect postgres
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
