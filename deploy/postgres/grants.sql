-- 程序用的角色能做什么：读写各表，但操作记录只能加、不能改不能删，迁移的记录只能看。migrate、恢复之后各运行一次（以库的主人的身份）。
\set ON_ERROR_STOP on
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO yingshang_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO yingshang_app;
REVOKE UPDATE, DELETE, TRUNCATE ON tasks_event, departments_securityevent FROM yingshang_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM yingshang_app;
