"""任务一侧的网址：读起来就是目录。名字即视图函数名。"""

from django.urls import path, register_converter

from .views import (
    assessment,
    attachment,
    audit,
    board,
    bundle,
    calendar,
    circular,
    completion,
    cooperation,
    coordination,
    desk,
    digest,
    event,
    extension,
    following,
    help,
    home,
    inspection,
    instruction,
    joint,
    measure,
    milestone,
    month,
    organisation,
    period,
    petition,
    phrase,
    plan,
    problem,
    progress,
    publicity,
    reading,
    reminder,
    review,
    revision,
    roster,
    signing,
    start,
    succession,
    suggestion,
    target,
)


class NumberConverter:
    """举措序号：8 或 8-1。"""

    regex = r"[0-9]{1,4}(?:-[0-9]{1,3})?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


class PeriodConverter:
    """报送期代号：2023-09。"""

    regex = r"[0-9a-z-]{1,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(NumberConverter, "number")
register_converter(PeriodConverter, "period")

urlpatterns = [
    # 填报
    path("", home.home, name="home"),
    path("month/", month.month, name="month"),
    path("progress/<int:pk>/", progress.progress_report, name="progress_report"),
    path("progress/<int:pk>/withdraw/", progress.progress_withdraw, name="progress_withdraw"),
    path("progress/<int:pk>/correct/", progress.progress_correct, name="progress_correct"),
    path("progress/<int:pk>/discard/", progress.correction_discard, name="correction_discard"),
    path("attachments/<int:pk>/", attachment.attachment_download, name="attachment_download"),
    path("attachments/<int:pk>/remove/", attachment.attachment_remove, name="attachment_remove"),
    # 审核
    path("review/", review.review_list, name="review_list"),
    path("review/all/", review.review_all, name="review_all"),
    path("review/all/pass/", review.review_pass, name="review_pass"),
    path("review/all/undo/", review.review_undo, name="review_undo"),
    path("review/<int:pk>/", review.review_detail, name="review_detail"),
    path("review/<int:pk>/approve/", review.progress_approve, name="progress_approve"),
    path("review/<int:pk>/return/", review.progress_return, name="progress_return"),
    path("review/<int:pk>/revoke/", review.progress_revoke, name="progress_revoke"),
    # 报送期
    path("periods/", period.period_list, name="period_list"),
    path("periods/year/", period.period_year, name="period_year"),
    path("periods/add/", period.period_add, name="period_add"),
    path("periods/<period:slug>/open/", period.period_open, name="period_open"),
    path("periods/<period:slug>/unopen/", period.period_unopen, name="period_unopen"),
    path("periods/<period:slug>/remove/", period.period_remove, name="period_remove"),
    path("periods/<period:slug>/extend/", period.period_extend, name="period_extend"),
    path("periods/<period:slug>/close/", period.period_close, name="period_close"),
    path("periods/<period:slug>/reopen/", period.period_reopen, name="period_reopen"),
    # 总览与举措
    path("board/", board.board, name="board"),
    path("board/<period:slug>/", board.board, name="board_period"),
    path("board/<period:slug>/items/", board.board_items, name="board_items"),
    path("board/<period:slug>/all.zip", bundle.bundle_period, name="bundle_period"),
    path("board/<period:slug>/analysis/", board.board_analysis, name="board_analysis"),
    # 对外宣传、日历订阅
    path("public/", publicity.public, name="public"),
    path("public/data.json", publicity.public_data, name="public_data"),
    path("publicity/", publicity.publicity_list, name="publicity_list"),
    path("publicity/<int:pk>/", publicity.publicity_edit, name="publicity_edit"),
    path("publicity/<int:pk>/withdraw/", publicity.publicity_withdraw, name="publicity_withdraw"),
    path("plan/<int:pk>/public/", publicity.plan_public, name="plan_public"),
    path("calendar/<slug:token>.ics", calendar.calendar_feed, name="calendar_feed"),
    path("calendar-links/<int:pk>/revoke/", calendar.calendar_revoke, name="calendar_revoke"),
    path("departments/<slug:slug>/calendar/", calendar.calendar_create, name="calendar_create"),
    path("assessment/", assessment.assessment, name="assessment"),
    path("assessment/export/", assessment.assessment_export, name="assessment_export"),
    path("assessment/list/", assessment.assessment_list, name="assessment_list"),
    path("lead/", desk.lead, name="lead"),
    path("departments/<slug:slug>/", desk.department_detail, name="department_detail"),
    path("departments/<slug:slug>/<period:period>/", desk.department_period, name="department_period"),
    path("lead/phrases/", phrase.phrase_edit, name="phrase_edit"),
    path("week/", digest.digest, name="digest"),
    path("week/mail/", digest.digest_wish, name="digest_wish"),
    path("my-department/", desk.my_department, name="my_department"),
    path("measures/", measure.measure_list, name="measure_list"),
    path("measures/following/", following.following_list, name="following_list"),
    path("measures/export/", measure.measure_export, name="measure_export"),
    path("targets/", target.target_list, name="target_list"),
    path("measures/retired/<int:pk>/", measure.measure_retired, name="measure_retired"),
    path("measures/<number:number>/", measure.measure_detail, name="measure_detail"),
    path("measures/<number:number>/read/", reading.reading_mark, name="reading_mark"),
    path("measures/<number:number>/all.zip", bundle.bundle_measure, name="bundle_measure"),
    path("measures/<number:number>/follow/", following.following_set, name="following_set"),
    path("measures/<number:number>/settings/", measure.measure_settings, name="measure_settings"),
    path("measures/<number:number>/light/", measure.light_set, name="light_set"),
    path("measures/<number:number>/light/lift/", measure.light_lift, name="light_lift"),
    path("measures/<number:number>/summary/<period:slug>/", joint.joint_summary_write, name="joint_summary_write"),
    # 任务分解
    path("measures/<number:number>/milestones/", milestone.measure_milestones, name="measure_milestones"),
    path("measures/<number:number>/milestones/propose/", milestone.milestone_propose, name="milestone_propose"),
    path("milestones/", milestone.milestone_list, name="milestone_list"),
    path("milestones/<int:pk>/agree/", milestone.milestone_agree, name="milestone_agree"),
    path("milestones/<int:pk>/refuse/", milestone.milestone_refuse, name="milestone_refuse"),
    path("milestones/<int:pk>/withdraw/", milestone.milestone_withdraw, name="milestone_withdraw"),
    path("milestones/<int:pk>/remove/", milestone.milestone_remove, name="milestone_remove"),
    path("milestones/<int:pk>/untick/", milestone.milestone_untick, name="milestone_untick"),
    # 批示
    path("instructions/", instruction.instruction_list, name="instruction_list"),
    path("instructions/add/", instruction.instruction_add, name="instruction_add"),
    path("instructions/<int:pk>/", instruction.instruction_detail, name="instruction_detail"),
    path("instructions/<int:pk>/settle/", instruction.instruction_settle, name="instruction_settle"),
    path("instructions/<int:pk>/revise/", instruction.instruction_revise, name="instruction_revise"),
    path("instructions/<int:pk>/reply/", instruction.instruction_reply, name="instruction_reply"),
    # 问题台账、督查检查、协调
    path("problems/", problem.problem_list, name="problem_list"),
    path("problems/add/", problem.problem_add, name="problem_add"),
    path("problems/export/", problem.problem_export, name="problem_export"),
    path("problems/<int:pk>/", problem.problem_detail, name="problem_detail"),
    path("problems/<int:pk>/note/", problem.problem_note, name="problem_note"),
    path("problems/<int:pk>/apply/", problem.problem_apply, name="problem_apply"),
    path("problems/<int:pk>/withdraw/", problem.problem_withdraw, name="problem_withdraw"),
    path("problems/<int:pk>/settle/", problem.problem_settle, name="problem_settle"),
    path("problems/<int:pk>/return/", problem.problem_return, name="problem_return"),
    path("problems/<int:pk>/amend/", problem.problem_amend, name="problem_amend"),
    path("problems/<int:pk>/reword/", problem.problem_reword, name="problem_reword"),
    path("problems/<int:pk>/drop/", problem.problem_drop, name="problem_drop"),
    path("problems/<int:pk>/escalate/", problem.problem_escalate, name="problem_escalate"),
    path("inspections/", inspection.inspection_list, name="inspection_list"),
    path("inspections/add/", inspection.inspection_add, name="inspection_add"),
    path("inspections/<int:pk>/", inspection.inspection_detail, name="inspection_detail"),
    path("inspections/<int:pk>/revise/", inspection.inspection_revise, name="inspection_revise"),
    path("inspections/<int:pk>/withdraw/", inspection.inspection_withdraw, name="inspection_withdraw"),
    path("coordination/", coordination.coordination_list, name="coordination_list"),
    path("coordination/<int:pk>/answer/", coordination.coordination_answer, name="coordination_answer"),
    # 配合报送
    path("cooperation/", cooperation.cooperation_list, name="cooperation_list"),
    path("cooperation/<int:pk>/", cooperation.cooperation_report, name="cooperation_report"),
    path("cooperation/<int:pk>/stop/", cooperation.cooperation_stop, name="cooperation_stop"),
    path("measures/<number:number>/cooperation/", cooperation.cooperation_ask, name="cooperation_ask"),
    # 催办
    path("remind/", reminder.reminder_list, name="reminder_list"),
    path("remind/send/", reminder.reminder_send, name="reminder_send"),
    path("remind/robot/", reminder.reminder_robot, name="reminder_robot"),
    # 延期
    path("extensions/", extension.extension_list, name="extension_list"),
    path("measures/<number:number>/parts/<int:pk>/extension/", extension.extension_request, name="extension_request"),
    path("extensions/<int:pk>/withdraw/", extension.extension_withdraw, name="extension_withdraw"),
    path("extensions/<int:pk>/approve/", extension.extension_approve, name="extension_approve"),
    path("extensions/<int:pk>/refuse/", extension.extension_refuse, name="extension_refuse"),
    # 办结、跟踪问效
    path("completions/", completion.completion_list, name="completion_list"),
    path("completions/<int:pk>/", completion.completion_detail, name="completion_detail"),
    path(
        "measures/<number:number>/parts/<int:pk>/completion/", completion.completion_request, name="completion_request"
    ),
    path("completions/<int:pk>/withdraw/", completion.completion_withdraw, name="completion_withdraw"),
    path("completions/<int:pk>/grant/", completion.completion_grant, name="completion_grant"),
    path("completions/<int:pk>/return/", completion.completion_return, name="completion_return"),
    path("measures/<number:number>/parts/<int:pk>/reopen/", completion.completion_reopen, name="completion_reopen"),
    path("measures/<number:number>/parts/<int:pk>/effect/", completion.effect_add, name="effect_add"),
    # 通报、汇报、简报
    path("circulars/", circular.circular_list, name="circular_list"),
    path("circulars/add/", circular.circular_add, name="circular_add"),
    path("circulars/petition/", petition.petition_add, name="petition_add"),
    path("circulars/<int:pk>/decide/", petition.petition_decide, name="petition_decide"),
    path("circulars/<int:pk>/amend/", petition.petition_amend, name="petition_amend"),
    path("circulars/<int:pk>/", circular.circular_detail, name="circular_detail"),
    path("circulars/<int:pk>/edit/", circular.circular_edit, name="circular_edit"),
    path("circulars/<int:pk>/refill/", circular.circular_refill, name="circular_refill"),
    path("circulars/<int:pk>/issue/", circular.circular_issue, name="circular_issue"),
    path("circulars/<int:pk>/correct/", circular.circular_correct, name="circular_correct"),
    path("circulars/<int:pk>/discard/", circular.circular_discard, name="circular_discard"),
    path("circulars/<int:pk>/figures/", circular.circular_figures, name="circular_figures"),
    path("circulars/<int:pk>/word/", circular.circular_word, name="circular_word"),
    path("circulars/<int:pk>/table/", circular.circular_table, name="circular_table"),
    path("circulars/<int:pk>/sheet/", signing.signing_sheet, name="signing_sheet"),
    path("circulars/<int:pk>/check/", signing.signing_check, name="signing_check"),
    path("circulars/<int:pk>/sign/", signing.signing_sign, name="signing_sign"),
    path("circulars/<int:pk>/scan/", signing.signing_scan, name="signing_scan"),
    # 方案、记录、说明
    path("plan/", plan.plan, name="plan"),
    path("plan/<int:pk>/", plan.plan, name="plan_detail"),
    path("plan/<int:pk>/choose/", plan.plan_choose, name="plan_choose"),
    path("plan/<int:pk>/close/", plan.plan_close, name="plan_close"),
    path("plan/<int:pk>/resume/", plan.plan_resume, name="plan_resume"),
    path("plan/<int:pk>/archive/", plan.plan_archive, name="plan_archive"),
    path("plan/<int:pk>/unarchive/", plan.plan_unarchive, name="plan_unarchive"),
    path("plan/import/", revision.revision_upload, name="revision_upload"),
    path("plan/import/<int:pk>/columns/", revision.revision_columns, name="revision_columns"),
    path("plan/import/<int:pk>/", revision.revision_preview, name="revision_preview"),
    path("plan/import/<int:pk>/apply/", revision.revision_apply, name="revision_apply"),
    path("plan/import/<int:pk>/discard/", revision.revision_discard, name="revision_discard"),
    path("plan/import/<int:pk>/again/", revision.revision_again, name="revision_again"),
    path("plan/import/<int:pk>/new-plan/", revision.revision_as_new, name="revision_as_new"),
    path("plan/revisions/<int:pk>/", revision.revision_detail, name="revision_detail"),
    path("plan/revisions/<int:pk>/file/", revision.revision_file, name="revision_file"),
    path("plan/revisions/<int:pk>/revert/", revision.revision_revert, name="revision_revert"),
    path("plan/revisions/<int:pk>/restore/", revision.revision_restore, name="revision_restore"),
    path("plan/revisions/<int:pk>/sign/", revision.revision_sign, name="revision_sign"),
    path("successions/leader/", succession.succession_leader, name="succession_leader"),
    path("successions/department/", succession.succession_department, name="succession_department"),
    path("successions/<int:pk>/withdraw/", succession.succession_withdraw, name="succession_withdraw"),
    path("start/", start.start, name="start"),
    path("start/roster/", roster.roster_upload, name="roster_upload"),
    path("start/roster/sheet/", roster.roster_sheet, name="roster_sheet"),
    path("start/slips/", roster.roster_slips, name="roster_slips"),
    path("settings/", organisation.organisation_edit, name="organisation_edit"),
    path("log/", event.event_list, name="event_list"),
    path("log/security/", audit.audit_list, name="audit_list"),
    path("log/security/export/", audit.audit_export, name="audit_export"),
    path("me/log/", audit.audit_mine, name="audit_mine"),
    path("help/", help.help, name="help"),
    path("help/relief/", help.help_relief, name="help_relief"),
    path("suggestions/", suggestion.suggestion_list, name="suggestion_list"),
    path("suggestions/send/", suggestion.suggestion_send, name="suggestion_send"),
    path("suggestions/<int:pk>/answer/", suggestion.suggestion_answer, name="suggestion_answer"),
]
