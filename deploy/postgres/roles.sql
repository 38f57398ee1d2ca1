-- 建角色与库：库的主人（只用来改库：migrate、恢复）与程序用的角色（一样东西也不拥有）。可以反复运行。
-- 用法（以 postgres 的身份）：psql -v owner_password=… -v app_password=… -f roles.sql
\set ON_ERROR_STOP on
SELECT 'CREATE ROLE yingshang_owner LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'yingshang_owner') \gexec
SELECT 'CREATE ROLE yingshang_app LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'yingshang_app') \gexec
ALTER ROLE yingshang_owner PASSWORD :'owner_password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
ALTER ROLE yingshang_app PASSWORD :'app_password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
SELECT 'CREATE DATABASE yingshang OWNER yingshang_owner ENCODING ''UTF8'' TEMPLATE template0'
  WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = 'yingshang') \gexec
\connect yingshang
REVOKE ALL ON DATABASE yingshang FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE yingshang TO yingshang_app;
ALTER SCHEMA public OWNER TO yingshang_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO yingshang_app;
ALTER DEFAULT PRIVILEGES FOR ROLE yingshang_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO yingshang_app;
ALTER DEFAULT PRIVILEGES FOR ROLE yingshang_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO yingshang_app;
