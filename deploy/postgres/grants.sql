-- 程序用的角色能做什么：读写各表，但操作记录只能加、不能改不能删，迁移的记录只能看。migrate、恢复之后各运行一次（以库的主人的身份）。
\set ON_ERROR_STOP on
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO yingshang_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO yingshang_app;
-- 0.1.0 的库（退回时）还没有安全日志。
SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM yingshang_app', string_agg(name, ', '))
  FROM unnest(ARRAY['tasks_event', 'departments_securityevent']) AS name WHERE to_regclass('public.' || name) IS NOT NULL \gexec
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM yingshang_app;
