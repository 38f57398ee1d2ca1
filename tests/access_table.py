"""谁能做什么：每个网址一条写下来的预期。测试照此核对，README 的权限表由它印出。

一条规则是“中文说明、GET 六个状态码、POST 六个状态码”，次序为
未登录、本部室填报人、其他部室填报人、办公室、领导、管理员（见 ROLES）。
审计员另算：能看的只有 AUDITED 几页，别的要登录的都是 403，不用登录的与旁人一样。
302 对未登录者是转去登录页，401 是带着所写内容的登录页（见 WRITTEN）。新增网址而不写规则，测试就失败。
"""

from dataclasses import dataclass, replace

ROLES = ("anonymous", "own", "other", "office", "leader", "admin", "auditor")
AUDITED = {
    "home": "302 405", "event_list": "200 405", "audit_list": "200 405", "audit_export": "200 405", "audit_mine": "200 405",
    "me": "200 405", "me_elsewhere": "405 302", "login_code": "302 302", "second_factor": "302 302", "password_change": "200 200", "password_change_done": "200 405", "help": "200 405", "help_relief": "200 405", "logout": "405 302", "favicon": "302 405", "text_size": "405 302",
}  # fmt: skip
ROLE_NAMES = {
    "anonymous": "未登录",
    "own": "填报人（本部室）",
    "other": "填报人（其他部室）",
    "office": "办公室",
    "leader": "领导",
    "admin": "管理员",
    "auditor": "审计员",
}


@dataclass(frozen=True)
class Rule:
    """一个网址的预期。`printed` 为假的不印进 README（跳转、后台各页）。"""

    what: str
    get: str
    post: str
    printed: bool = True
    audited: str = ""  # 审计员 GET、POST 的状态码；空着的，要登录的是 403

    @property
    def is_open(self) -> bool:
        """不用登录。"""
        return self.get[:3] not in ("302", "405")

    def expected(self, role, method) -> int:
        codes = (self.get if method == "GET" else self.post).split()
        if role != "auditor":
            return int(codes[ROLES.index(role)])
        if self.audited:
            return int(self.audited.split()[method != "GET"])
        return int(codes[ROLES.index("other")] if self.is_open else 403)


#               未登录 本部室 他部室 办公室 领导 管理员
EVERYONE_GETS = "302 200 200 200 200 200"
NOT_BEGUN = "302 302 302 302 302 302"
ONLY_READ = "302 405 405 405 405 405"
OWN_DOES = "302 302 404 403 403 403"
BOARD_READS = "302 403 403 200 200 200"
BOARD_GET_REFUSED = "302 403 403 405 405 405"
NOT_FOUND = "404 404 404 404 404 404"
LEADER_READS = "302 403 403 403 200 403"
OFFICE_DOES = "302 403 403 302 403 403"
OFFICE_GET_SENT_BACK = "302 403 403 302 403 403"
OFFICE_READS = "302 403 403 200 403 403"
OFFICE_GET_REFUSED = "302 403 403 405 403 403"
IMPORT_DOES = "302 403 403 403 403 302"
IMPORT_READS = "302 403 403 403 403 200"
IMPORT_GET_REFUSED = "302 403 403 403 403 405"
ADMIN_READS = "302 302 302 302 302 200"
ADMIN_REFUSED = "302 302 302 302 302 403"
ADMIN_ONLY_READ = "302 302 302 302 302 405"
ADMIN_SENT_ON = "302 302 302 302 302 302"

ACCESS = {
    # 站点
    "healthz": Rule("探活", "200 200 200 200 200 200", "405 405 405 405 405 405", printed=False),
    # 默认没有打开：没有这个网址；打开了的另有测试
    "metrics": Rule("给监控程序的数", NOT_FOUND, NOT_FOUND, printed=False),
    "favicon": Rule("图标", "302 302 302 302 302 302", "405 405 405 405 405 405", printed=False),
    "text_size": Rule("切换大字", "405 405 405 405 405 405", "302 302 302 302 302 302", printed=False),
    "login": Rule("登录", "200 200 200 200 200 200", "200 200 200 200 200 200", printed=False),
    "login_code": Rule("登录的第二步", NOT_BEGUN, NOT_BEGUN, printed=False),
    # 统一认证默认没有开：没有这两个网址；开了的另有测试
    "login_single": Rule("转去统一认证", NOT_FOUND, NOT_FOUND, printed=False),
    "login_single_back": Rule("从统一认证回来", NOT_FOUND, NOT_FOUND, printed=False),
    "login_kept": Rule("取回登录过期时所写的内容", "302 302 302 302 302 302", ONLY_READ, printed=False),
    "logout": Rule("退出", ONLY_READ, "302 302 302 302 302 302", printed=False),
    "me": Rule("看自己的账户", EVERYONE_GETS, ONLY_READ),
    "me_acting": Rule("换替哪个部室办（有兼任、代理的）", ONLY_READ, "302 302 302 302 302 302"),
    "me_elsewhere": Rule("退出自己在别处的登录", ONLY_READ, "302 302 302 302 302 302"),
    "second_factor": Rule("绑手机（没有要求动态验证码的，回到自己的账户）", NOT_BEGUN, NOT_BEGUN, printed=False),
    "password_change": Rule("改自己的密码", EVERYONE_GETS, "302 200 200 200 200 200"),
    "password_change_done": Rule("改密码之后的说明", EVERYONE_GETS, ONLY_READ, printed=False),
    # 填报
    "home": Rule("首页（填报人即“我的任务”）", "302 200 200 302 302 302", ONLY_READ),
    "month": Rule("一次报完本部室要报的各项", "302 200 200 403 403 403", "302 302 404 403 403 403"),
    "progress_report": Rule("填报、存草稿、本期无变化", "302 302 404 403 403 403", "302 302 404 403 403 403"),
    "progress_withdraw": Rule("撤回未审核的报送", ONLY_READ, "302 302 404 403 403 403"),
    "progress_correct": Rule("更正已通过的报送", ONLY_READ, "302 302 404 403 403 403"),
    "correction_discard": Rule("放弃没有交的更正稿", ONLY_READ, "302 302 404 404 404 404"),
    "attachment_download": Rule("下载未通过的报送的佐证材料", "302 200 404 200 200 200", ONLY_READ),
    "attachment_remove": Rule("移除佐证材料", ONLY_READ, "302 302 404 403 403 403"),
    # 审核
    "review_list": Rule("看待审核清单", OFFICE_READS, OFFICE_GET_REFUSED),
    "review_all": Rule("一页审完待审核的各条", OFFICE_READS, OFFICE_GET_REFUSED),
    "review_pass": Rule("没有标记的一并通过", OFFICE_GET_REFUSED, OFFICE_DOES),
    "review_undo": Rule("两分钟以内撤销刚通过的", OFFICE_GET_REFUSED, OFFICE_DOES),
    "review_detail": Rule("看一条报送的本期与上期", OFFICE_READS, OFFICE_GET_REFUSED),
    "progress_approve": Rule("审核通过、办结", OFFICE_GET_REFUSED, OFFICE_DOES),
    "progress_return": Rule("退回修改", OFFICE_GET_REFUSED, OFFICE_DOES),
    "progress_revoke": Rule("撤销通过", OFFICE_GET_REFUSED, OFFICE_DOES),
    # 报送期
    "period_list": Rule("看各报送期", OFFICE_READS, OFFICE_GET_REFUSED),
    "period_add": Rule("另设一次性的一期", OFFICE_GET_SENT_BACK, OFFICE_DOES),
    "period_year": Rule("一次建好一年的报送期", OFFICE_GET_REFUSED, OFFICE_DOES),
    "period_open": Rule("开放报送", OFFICE_READS, OFFICE_DOES),
    "period_unopen": Rule("撤回开放", OFFICE_GET_SENT_BACK, OFFICE_DOES),
    "period_remove": Rule("删除没有开放过的报送期", OFFICE_READS, OFFICE_DOES),
    "period_extend": Rule("延长截止日", OFFICE_GET_SENT_BACK, OFFICE_DOES),
    "period_close": Rule("关闭报送", OFFICE_GET_SENT_BACK, OFFICE_DOES),
    "period_reopen": Rule("重新开放报送", OFFICE_GET_SENT_BACK, OFFICE_DOES),
    # 总览与举措
    "board": Rule("看总览", "302 403 403 200 200 200", "302 403 403 405 405 405"),
    "board_period": Rule("看以往任何一期的总览", "302 403 403 200 200 200", "302 403 403 405 405 405"),
    "board_items": Rule("看项次清单", BOARD_READS, BOARD_GET_REFUSED),
    "board_analysis": Rule("看分析", BOARD_READS, BOARD_GET_REFUSED),
    "assessment": Rule("看考核材料", BOARD_READS, BOARD_GET_REFUSED),
    "assessment_export": Rule("导出考核材料", BOARD_READS, BOARD_GET_REFUSED),
    "assessment_list": Rule("看考核材料里一个数数到的每一条", BOARD_READS, BOARD_GET_REFUSED, printed=False),
    "lead": Rule("看“我牵头的”", "302 403 403 403 200 403", ONLY_READ),
    "department_detail": Rule("看本部室的部室页", "302 200 403 200 200 200", ONLY_READ),
    "department_period": Rule("看本部室某一期报了什么", "302 200 403 200 200 200", ONLY_READ),
    "digest": Rule("看、打印每周一页", "302 403 403 200 200 403", "302 403 403 405 405 403"),
    "digest_wish": Rule("定要不要每周五发到自己的邮箱", "302 403 403 405 405 403", "302 403 403 302 302 403"),
    "phrase_edit": Rule("改自己的批示常用语", LEADER_READS, "302 403 403 403 302 403"),
    "reading_mark": Rule("在自己批得了的举措上按“已阅”", "302 403 403 403 405 403", "302 403 403 403 302 403"),
    "my_department": Rule("转到自己的部室页", "302 302 302 404 404 404", ONLY_READ, printed=False),
    "measure_list": Rule("看全部举措", EVERYONE_GETS, ONLY_READ),
    "measure_export": Rule("导出台账（Excel、CSV）", EVERYONE_GETS, ONLY_READ),
    "measure_detail": Rule("看举措的原文、灯、目标与已通过的进展", EVERYONE_GETS, ONLY_READ),
    "following_list": Rule("看自己关注的各项", EVERYONE_GETS, ONLY_READ),
    "following_set": Rule("关注一项举措，或不再关注", ONLY_READ, "302 302 302 302 302 302"),
    "bundle_measure": Rule("下载一项举措的全部经过与材料（只有自己看得到的）", EVERYONE_GETS, ONLY_READ),
    "bundle_period": Rule("下载一期的全部报送与材料", BOARD_READS, BOARD_GET_REFUSED),
    "measure_retired": Rule("看已退出的举措和它的进展", EVERYONE_GETS, ONLY_READ),
    "target_list": Rule("核定各项的类型与量化目标", OFFICE_READS, OFFICE_DOES),
    "measure_settings": Rule("核定类型、时限、汇总部室", OFFICE_READS, OFFICE_DOES),
    "light_set": Rule("办公室定灯", OFFICE_GET_REFUSED, OFFICE_DOES),
    "light_lift": Rule("恢复系统判灯", OFFICE_GET_REFUSED, OFFICE_DOES),
    # 催办、延期、办结
    "reminder_list": Rule("看该催办谁、催办语", OFFICE_READS, OFFICE_GET_REFUSED),
    "reminder_send": Rule("记录催办", OFFICE_GET_REFUSED, OFFICE_DOES),
    "reminder_robot": Rule("没有发到工作群的再发", OFFICE_GET_REFUSED, OFFICE_DOES),
    "extension_list": Rule("看延期待批", OFFICE_READS, OFFICE_GET_REFUSED),
    "extension_request": Rule("申请延期", ONLY_READ, OWN_DOES),
    "extension_withdraw": Rule("撤回延期申请", ONLY_READ, OWN_DOES),
    "extension_approve": Rule("批准延期", OFFICE_GET_REFUSED, OFFICE_DOES),
    "extension_refuse": Rule("不批准延期", OFFICE_GET_REFUSED, OFFICE_DOES),
    "completion_list": Rule("看办结待核实、到期回看", OFFICE_READS, OFFICE_GET_REFUSED),
    "completion_detail": Rule("看一份办结申请与佐证", OFFICE_READS, OFFICE_GET_REFUSED),
    "completion_request": Rule("月报之外申请办结", ONLY_READ, OWN_DOES),
    "completion_withdraw": Rule("撤回办结申请", ONLY_READ, OWN_DOES),
    "completion_grant": Rule("同意办结", OFFICE_GET_REFUSED, OFFICE_DOES),
    "completion_return": Rule("退回办结申请", OFFICE_GET_REFUSED, OFFICE_DOES),
    "completion_reopen": Rule("重新打开已办结的", OFFICE_GET_REFUSED, OFFICE_DOES),
    "effect_add": Rule("跟踪问效：记实际效果", ONLY_READ, "302 302 404 302 403 403"),
    # 问题台账、督查检查、协调
    "problem_list": Rule("看问题台账（填报人看本部室的）", EVERYONE_GETS, ONLY_READ),
    "problem_export": Rule("导出问题台账", EVERYONE_GETS, ONLY_READ),
    "problem_add": Rule("挂账：列入问题台账", OFFICE_READS, OFFICE_DOES),
    "problem_detail": Rule("看本部室的一件问题", "302 200 404 200 200 200", ONLY_READ),
    "problem_note": Rule("记整改情况", ONLY_READ, OWN_DOES),
    "problem_apply": Rule("申请销号", ONLY_READ, OWN_DOES),
    "problem_withdraw": Rule("撤回销号申请", ONLY_READ, OWN_DOES),
    "problem_settle": Rule("核验销号", OFFICE_GET_REFUSED, OFFICE_DOES),
    "problem_return": Rule("退回整改", OFFICE_GET_REFUSED, OFFICE_DOES),
    "problem_amend": Rule("调整分类、分层、责任、期限", OFFICE_GET_REFUSED, OFFICE_DOES),
    "problem_reword": Rule("更正问题的文字", OFFICE_GET_REFUSED, OFFICE_DOES),
    "problem_drop": Rule("撤账", OFFICE_GET_REFUSED, OFFICE_DOES),
    "problem_escalate": Rule("提请领导小组研究", OFFICE_GET_REFUSED, OFFICE_DOES),
    "inspection_list": Rule("看督查检查", "302 403 403 200 200 200", "302 403 403 405 405 405"),
    "inspection_detail": Rule("看一次督查检查", "302 403 403 200 200 200", "302 403 403 405 405 405", printed=False),
    "inspection_add": Rule("登记督查检查", OFFICE_READS, OFFICE_DOES),
    "inspection_revise": Rule("更正督查检查", OFFICE_READS, OFFICE_DOES),
    "inspection_withdraw": Rule("撤回督查检查", OFFICE_GET_REFUSED, OFFICE_DOES),
    "cooperation_list": Rule("看请配合单位报的", EVERYONE_GETS, ONLY_READ),
    "cooperation_report": Rule("报配合情况（被请的配合单位）", EVERYONE_GETS, "302 302 403 403 403 403"),
    "cooperation_ask": Rule("请配合单位报", OFFICE_GET_REFUSED, OFFICE_DOES),
    "cooperation_stop": Rule("撤销请配合单位报的", OFFICE_GET_REFUSED, OFFICE_DOES),
    "coordination_list": Rule("看需协调事项（填报人看与本部室有关的）", EVERYONE_GETS, ONLY_READ),
    "coordination_answer": Rule("答复请本部室协调的事", ONLY_READ, "302 302 403 403 403 403"),
    # 批示、任务分解、共同汇总
    "instruction_list": Rule("看批示清单", "302 403 403 200 200 200", "302 403 403 405 405 405"),
    "instruction_add": Rule("批示（办公室代录领导的）", "302 403 403 200 200 403", "302 403 403 302 302 403"),
    "instruction_detail": Rule("看一条批示与它的办理过程", "302 200 404 200 200 200", ONLY_READ),
    "instruction_settle": Rule("了结批示", "302 403 404 302 403 403", "302 403 404 302 403 403"),
    "instruction_revise": Rule("修改自己录入的批示", "302 403 404 403 200 403", "302 403 404 403 302 403"),
    "instruction_reply": Rule("回复交本部室办的批示", "302 200 404 403 403 403", "302 302 404 403 403 403"),
    "measure_milestones": Rule("看一项举措的任务分解", EVERYONE_GETS, ONLY_READ),
    "milestone_propose": Rule("提出、下达节点", ONLY_READ, "302 302 403 302 403 403"),
    "milestone_withdraw": Rule("撤回没有认可的节点", ONLY_READ, OWN_DOES),
    "milestone_list": Rule("看节点一览", "302 403 403 200 200 200", "302 403 403 405 405 405"),
    "milestone_agree": Rule("认可节点", OFFICE_GET_REFUSED, OFFICE_DOES),
    "milestone_refuse": Rule("不认可节点", OFFICE_GET_REFUSED, OFFICE_DOES),
    "milestone_remove": Rule("取消节点", OFFICE_GET_REFUSED, OFFICE_DOES),
    "milestone_untick": Rule("撤销节点的完成认定", OFFICE_GET_REFUSED, OFFICE_DOES),
    "joint_summary_write": Rule("写共同汇总（汇总部室）", ONLY_READ, "302 302 403 403 403 403"),
    # 对外宣传、日历订阅。对外公开页默认没有打开，谁看都是 404；打开了谁看都是 200（另有测试）
    "public": Rule("看对外公开页（管理员打开以后，不用登录）", NOT_FOUND, "405 405 405 405 405 405", printed=False),
    "public_data": Rule(
        "取对外公开的数（JSON，打开以后不用登录）", NOT_FOUND, "405 405 405 405 405 405", printed=False
    ),
    "publicity_list": Rule("看可以对外宣传的报送", OFFICE_READS, OFFICE_GET_REFUSED),
    "publicity_edit": Rule("发布、修改对外宣传的文字", OFFICE_READS, OFFICE_DOES),
    "publicity_withdraw": Rule("撤下对外宣传", OFFICE_GET_REFUSED, OFFICE_DOES),
    "plan_public": Rule("打开、关闭对外公开页", IMPORT_GET_REFUSED, IMPORT_DOES),
    "calendar_feed": Rule("凭密链取部室的日历", "200 200 200 200 200 200", "405 405 405 405 405 405", printed=False),
    "calendar_create": Rule("建立本部室的日历链接", ONLY_READ, "302 302 403 403 403 403"),
    "calendar_revoke": Rule("作废本部室的日历链接", ONLY_READ, "302 302 404 404 404 404"),
    # 通报、汇报、简报
    "circular_list": Rule("看已印发的通报、简报（汇报、请示只给领导看）", EVERYONE_GETS, ONLY_READ),
    "circular_add": Rule("起草通报、汇报、简报", OFFICE_READS, OFFICE_DOES),
    "circular_detail": Rule("看一份已印发的通报", EVERYONE_GETS, ONLY_READ),
    "circular_edit": Rule("修改草稿", OFFICE_READS, OFFICE_DOES),
    "circular_refill": Rule("草稿重取数字", OFFICE_GET_REFUSED, OFFICE_DOES),
    "circular_issue": Rule("印发", OFFICE_GET_REFUSED, OFFICE_DOES),
    "circular_correct": Rule("更正已印发的", OFFICE_GET_REFUSED, OFFICE_DOES),
    "circular_discard": Rule("作废草稿", OFFICE_GET_REFUSED, OFFICE_DOES),
    "petition_add": Rule("起草请示", OFFICE_READS, OFFICE_DOES),
    "petition_decide": Rule("记下领导小组对请示的决定", OFFICE_GET_REFUSED, OFFICE_DOES),
    "petition_amend": Rule("更正记错了的决定", OFFICE_GET_REFUSED, OFFICE_DOES),
    "signing_sheet": Rule("看、打印发文稿纸", OFFICE_READS, OFFICE_GET_REFUSED),
    "signing_check": Rule("核稿", OFFICE_GET_REFUSED, OFFICE_DOES),
    "signing_sign": Rule("照稿纸录入签发", OFFICE_GET_REFUSED, OFFICE_DOES),
    "signing_scan": Rule("存签发件、盖章件的扫描", OFFICE_GET_REFUSED, OFFICE_DOES),
    "circular_figures": Rule("看通报里每个数字从哪里来", EVERYONE_GETS, ONLY_READ),
    "circular_word": Rule("下载通报的 Word", EVERYONE_GETS, ONLY_READ),
    "circular_table": Rule("下载通报的 Excel 附表", EVERYONE_GETS, ONLY_READ),
    # 方案、记录、说明
    "plan": Rule("看方案原文与版本", EVERYONE_GETS, ONLY_READ),
    "plan_detail": Rule("看其他方案", EVERYONE_GETS, ONLY_READ),
    "succession_leader": Rule("换领导：先看要动哪些，再确认", IMPORT_READS, IMPORT_DOES),
    "succession_department": Rule("部室的换、并、拆、撤：先看要动哪些，再确认", IMPORT_READS, IMPORT_DOES),
    "succession_withdraw": Rule("撤回登记的、还没有生效的接替", IMPORT_GET_REFUSED, IMPORT_DOES),
    "plan_close": Rule("方案收尾：没有办结的各项定去向", OFFICE_READS, OFFICE_DOES),
    "plan_archive": Rule("方案归档", OFFICE_GET_REFUSED, OFFICE_DOES),
    # 世界里的方案在办，还不能：原因与写的理由抄在一页上。
    "plan_resume": Rule("从收尾恢复在办", OFFICE_GET_SENT_BACK, "401 403 403 409 403 403"),
    "plan_unarchive": Rule("撤销归档", OFFICE_GET_SENT_BACK, "401 403 403 409 403 403"),
    "plan_choose": Rule("选定现行方案", IMPORT_READS, IMPORT_DOES),
    "revision_upload": Rule("上传方案修订", IMPORT_READS, IMPORT_DOES),
    "revision_columns": Rule("认列：各列认作什么，改了重读", IMPORT_READS, IMPORT_DOES),
    "revision_preview": Rule("核对修订的差异", IMPORT_READS, IMPORT_GET_REFUSED),
    "revision_apply": Rule("确认修订生效", IMPORT_GET_REFUSED, IMPORT_DOES),
    "revision_discard": Rule("放弃一次导入", IMPORT_GET_REFUSED, IMPORT_DOES),
    "revision_again": Rule("与现行版本重新比较", IMPORT_GET_REFUSED, IMPORT_DOES),
    "revision_as_new": Rule("把上传的文件改为建立新方案", IMPORT_GET_REFUSED, IMPORT_DOES),
    "revision_detail": Rule("看方案任何一版、与另一版比较", EVERYONE_GETS, ONLY_READ),
    "revision_file": Rule("下载修订的原文件", IMPORT_READS, IMPORT_GET_REFUSED),
    "revision_revert": Rule("撤销最新一版", "302 403 403 403 403 302", IMPORT_DOES),
    "revision_restore": Rule("恢复为更早的一版（先成草稿）", IMPORT_GET_REFUSED, IMPORT_DOES),
    "revision_sign": Rule("签收方案", ONLY_READ, "302 302 302 403 403 403"),
    "start": Rule("看第一天的五步", "302 403 403 200 403 200", "302 403 403 405 403 405"),
    "roster_upload": Rule("从一张表建部门、领导、账号", IMPORT_READS, IMPORT_READS),
    "roster_sheet": Rule("下载名单的空表", IMPORT_READS, IMPORT_GET_REFUSED, printed=False),
    "roster_slips": Rule("给还没有登录过的账号发首次密码", IMPORT_GET_REFUSED, IMPORT_DOES),
    "organisation_edit": Rule("定单位名称、公文版头", IMPORT_READS, IMPORT_DOES),
    "event_list": Rule("看操作记录", "302 403 403 200 403 200", "302 403 403 405 403 405"),
    "audit_list": Rule("看安全日志", IMPORT_READS, IMPORT_GET_REFUSED),
    "audit_export": Rule("导出安全日志", IMPORT_READS, IMPORT_GET_REFUSED),
    "audit_mine": Rule("看自己的登录记录", EVERYONE_GETS, ONLY_READ),
    "help_relief": Rule("看“减负”", EVERYONE_GETS, ONLY_READ),
    "suggestion_list": Rule("看意见建议与答复（填报人看本部室的）", EVERYONE_GETS, ONLY_READ),
    "suggestion_send": Rule("提意见建议", "302 405 405 403 403 403", "302 302 302 403 403 403"),
    "suggestion_answer": Rule("答复意见建议", OFFICE_GET_REFUSED, OFFICE_DOES),
    "help": Rule("看使用说明", EVERYONE_GETS, ONLY_READ),
    # 后台（与前台同一个登录口）
    "admin:index": Rule("进后台：维护用户、部室、领导与判灯阈值", ADMIN_READS, ADMIN_READS),
    "admin:app_list": Rule("后台的应用目录", ADMIN_READS, ADMIN_READS, printed=False),
    "admin:login": Rule(
        "后台的登录口（转去前台）", "302 403 403 403 403 302", "302 403 403 403 403 302", printed=False
    ),
    "admin:logout": Rule("后台退出", "302 302 302 302 302 405", ADMIN_SENT_ON, printed=False),
    "admin:password_change": Rule("后台改密码（转去前台）", ADMIN_SENT_ON, ADMIN_SENT_ON, printed=False),
    "admin:password_change_done": Rule("后台改密码之后（转去前台）", ADMIN_SENT_ON, ADMIN_SENT_ON, printed=False),
    "admin:autocomplete": Rule("后台自动补全（没有启用）", ADMIN_REFUSED, ADMIN_ONLY_READ, printed=False),
    "admin:jsi18n": Rule("后台脚本的译文", ADMIN_READS, ADMIN_ONLY_READ, printed=False),
    "admin:view_on_site": Rule(
        "在前台看（没有启用）", "302 302 302 302 302 404", "302 302 302 302 302 404", printed=False
    ),
    "admin:admin/(?P<url>.*)$": Rule(
        "后台不存在的页面", "302 302 302 302 302 404", "302 302 302 302 302 404", printed=False
    ),
}


def _model(label, name, *, add, change):
    """后台一个模型的各页。谁也不能删；`add`、`change` 说管理员能不能新增、修改。"""
    add, change = (ADMIN_READS if add else ADMIN_REFUSED), (ADMIN_READS if change else ADMIN_REFUSED)
    key = f"admin:{label}_"
    return {
        f"{key}changelist": Rule(f"后台看{name}清单", ADMIN_READS, ADMIN_READS, printed=False),
        f"{key}add": Rule(f"后台新增{name}", add, add, printed=False),
        f"{key}change": Rule(f"后台看、改{name}", ADMIN_READS, change, printed=False),
        f"{key}delete": Rule(f"后台删除{name}（不许）", ADMIN_REFUSED, ADMIN_REFUSED, printed=False),
        f"{key}history": Rule(f"后台看{name}的改动", ADMIN_READS, ADMIN_READS, printed=False),
        f"admin:admin/{label.replace('_', '/')}/<path:object_id>/": Rule(
            "后台旧式网址（转到修改页）", ADMIN_SENT_ON, ADMIN_SENT_ON, printed=False
        ),
    }


ACCESS |= _model("departments_user", "用户", add=True, change=True)
ACCESS |= _model("departments_department", "部室", add=True, change=True)
ACCESS |= _model("departments_leader", "领导", add=True, change=True)
ACCESS |= _model("departments_acting", "兼任与代理", add=True, change=True)
ACCESS |= _model("tasks_holiday", "放假与调休", add=True, change=True)
ACCESS |= _model("tasks_plan", "方案设置", add=False, change=True)
ACCESS |= _model("tasks_measure", "举措", add=False, change=False)
ACCESS |= _model("tasks_progress", "进展报送", add=False, change=False)
ACCESS |= _model("tasks_event", "操作记录", add=False, change=False)
ACCESS |= _model("tasks_reportingperiod", "报送期", add=False, change=False)
ACCESS["admin:auth_user_password_change"] = Rule("后台重设别人的密码", ADMIN_READS, ADMIN_READS, printed=False)


def _sheets(label, name, *, imports):
    """后台的表格：名录可导入导出，举措与进展只导出；都只有管理员能用。"""
    rules = {"export": Rule(f"后台导出{name}", ADMIN_READS, ADMIN_READS, printed=False)}
    if imports:
        rules["import"] = Rule(f"后台导入{name}", ADMIN_READS, ADMIN_READS, printed=False)
        rules["process_import"] = Rule(f"后台确认导入{name}", ADMIN_ONLY_READ, ADMIN_READS, printed=False)
    return {f"admin:{label}_{verb}": rule for verb, rule in rules.items()}


ACCESS |= _sheets("departments_user", "用户", imports=True)
ACCESS |= _sheets("departments_department", "部室", imports=True)
ACCESS |= _sheets("departments_leader", "领导", imports=True)
ACCESS |= _sheets("tasks_holiday", "放假与调休", imports=True)
ACCESS |= _sheets("tasks_measure", "举措", imports=False)
ACCESS |= _sheets("tasks_progress", "进展报送", imports=False)


# 有手写的话的：没有登录时交上来，登录页带着所写的（401），登录后取回。
WRITTEN = set(
    """
    reminder_send extension_request extension_approve extension_refuse completion_request completion_return
    publicity_edit signing_sign petition_add petition_decide petition_amend circular_correct circular_edit circular_refill completion_reopen effect_add problem_add
    problem_note problem_apply problem_settle problem_return problem_amend problem_reword problem_drop
    problem_escalate inspection_add inspection_revise inspection_withdraw coordination_answer cooperation_ask cooperation_report cooperation_stop instruction_add instruction_revise instruction_reply
    instruction_settle
    milestone_propose milestone_refuse milestone_remove milestone_untick joint_summary_write progress_report month
    progress_return progress_revoke period_add period_year period_extend period_reopen light_set measure_settings
    phrase_edit suggestion_send suggestion_answer revision_upload plan_close succession_leader succession_department organisation_edit target_list
    """.split()  # noqa: SIM905
)
ACCESS |= {name: replace(ACCESS[name], post=f"401{ACCESS[name].post[3:]}") for name in WRITTEN}


ACCESS |= {name: replace(ACCESS[name], audited=codes) for name, codes in AUDITED.items()}


def can(name, role) -> bool:
    """这个角色用得了这个网址（看得到或办得成）。后台只算管理员；未登录者的 302 是转去登录。"""
    if name.startswith("admin:") and role != "admin":
        return False
    good = (200,) if role == "anonymous" else (200, 302)
    return any(ACCESS[name].expected(role, method) in good for method in ("GET", "POST"))


def role_table() -> dict[str, list[str]]:
    """角色 → 能做的事（中文）。"""
    return {
        ROLE_NAMES[role]: [rule.what for name, rule in ACCESS.items() if rule.printed and can(name, role)]
        for role in ROLES
    }


def readme_table() -> str:
    """README 里的权限表（Markdown）。改了规则就重新贴一次，有测试核对。"""
    roles = ROLES[1:]
    lines = ["| 事项 | " + " | ".join(ROLE_NAMES[r] for r in roles) + " |", "|---|" + ":-:|" * len(roles)]
    for name, rule in ACCESS.items():
        if rule.printed:
            lines.append(f"| {rule.what} | " + " | ".join("●" if can(name, r) else "" for r in roles) + " |")
    return "\n".join(lines)
