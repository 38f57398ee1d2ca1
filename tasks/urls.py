"""任务一侧的网址：读起来就是目录。名字即视图函数名。"""

from django.urls import path, register_converter

from .views import (
    assessments,
    boards,
    calendars,
    circulars,
    completions,
    coordination,
    extensions,
    help,
    inspections,
    instructions,
    joint,
    leaders,
    measures,
    milestones,
    periods,
    plans,
    problems,
    progress,
    publicity,
    reminders,
    reviews,
    revisions,
)


class NumberConverter:
    """举措序号：8 或 8-1。"""

    regex = r"[0-9]{1,4}(?:-[0-9]{1,3})?"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return str(value)


class PeriodConverter:
    """报送期代号：2023-09。"""

    regex = r"[0-9a-z-]{1,20}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return str(value)


register_converter(NumberConverter, "number")
register_converter(PeriodConverter, "period")

urlpatterns = [
    # 填报
    path("", progress.home, name="home"),
    path("progress/restore/", progress.progress_restore, name="progress_restore"),
    path("progress/<int:pk>/", progress.progress_report, name="progress_report"),
    path("progress/<int:pk>/withdraw/", progress.progress_withdraw, name="progress_withdraw"),
    path("progress/<int:pk>/correct/", progress.progress_correct, name="progress_correct"),
    path("progress/<int:pk>/discard/", progress.correction_discard, name="correction_discard"),
    path("attachments/<int:pk>/", progress.attachment_download, name="attachment_download"),
    path("attachments/<int:pk>/remove/", progress.attachment_remove, name="attachment_remove"),
    # 审核
    path("review/", reviews.review_list, name="review_list"),
    path("review/<int:pk>/", reviews.review_detail, name="review_detail"),
    path("review/<int:pk>/approve/", reviews.progress_approve, name="progress_approve"),
    path("review/<int:pk>/return/", reviews.progress_return, name="progress_return"),
    path("review/<int:pk>/revoke/", reviews.progress_revoke, name="progress_revoke"),
    # 报送期
    path("periods/", periods.period_list, name="period_list"),
    path("periods/year/", periods.period_year, name="period_year"),
    path("periods/<period:slug>/open/", periods.period_open, name="period_open"),
    path("periods/<period:slug>/unopen/", periods.period_unopen, name="period_unopen"),
    path("periods/<period:slug>/remove/", periods.period_remove, name="period_remove"),
    path("periods/<period:slug>/extend/", periods.period_extend, name="period_extend"),
    path("periods/<period:slug>/close/", periods.period_close, name="period_close"),
    path("periods/<period:slug>/reopen/", periods.period_reopen, name="period_reopen"),
    # 总览与举措
    path("board/", boards.board, name="board"),
    path("board/<period:slug>/", boards.board, name="board_period"),
    path("board/<period:slug>/items/", boards.board_items, name="board_items"),
    path("board/<period:slug>/analysis/", boards.board_analysis, name="board_analysis"),
    # 对外宣传、日历订阅
    path("public/", publicity.public, name="public"),
    path("publicity/", publicity.publicity_list, name="publicity_list"),
    path("publicity/<int:pk>/", publicity.publicity_edit, name="publicity_edit"),
    path("publicity/<int:pk>/withdraw/", publicity.publicity_withdraw, name="publicity_withdraw"),
    path("plan/<int:pk>/public/", publicity.plan_public, name="plan_public"),
    path("calendar/<slug:token>.ics", calendars.calendar_feed, name="calendar_feed"),
    path("calendar-links/<int:pk>/revoke/", calendars.calendar_revoke, name="calendar_revoke"),
    path("departments/<slug:slug>/calendar/", calendars.calendar_create, name="calendar_create"),
    path("assessment/", assessments.assessment, name="assessment"),
    path("assessment/export/", assessments.assessment_export, name="assessment_export"),
    path("assessment/list/", assessments.assessment_list, name="assessment_list"),
    path("lead/", leaders.lead, name="lead"),
    path("departments/<slug:slug>/", leaders.department_detail, name="department_detail"),
    path("my-department/", leaders.my_department, name="my_department"),
    path("measures/", measures.measure_list, name="measure_list"),
    path("measures/export/", measures.measure_export, name="measure_export"),
    path("measures/retired/<int:pk>/", measures.measure_retired, name="measure_retired"),
    path("measures/<number:number>/", measures.measure_detail, name="measure_detail"),
    path("measures/<number:number>/settings/", measures.measure_settings, name="measure_settings"),
    path("measures/<number:number>/light/", measures.light_set, name="light_set"),
    path("measures/<number:number>/light/lift/", measures.light_lift, name="light_lift"),
    path("measures/<number:number>/summary/<period:slug>/", joint.joint_summary_write, name="joint_summary_write"),
    # 任务分解
    path("measures/<number:number>/milestones/", milestones.measure_milestones, name="measure_milestones"),
    path("measures/<number:number>/milestones/propose/", milestones.milestone_propose, name="milestone_propose"),
    path("milestones/", milestones.milestone_list, name="milestone_list"),
    path("milestones/<int:pk>/agree/", milestones.milestone_agree, name="milestone_agree"),
    path("milestones/<int:pk>/refuse/", milestones.milestone_refuse, name="milestone_refuse"),
    path("milestones/<int:pk>/withdraw/", milestones.milestone_withdraw, name="milestone_withdraw"),
    path("milestones/<int:pk>/remove/", milestones.milestone_remove, name="milestone_remove"),
    path("milestones/<int:pk>/untick/", milestones.milestone_untick, name="milestone_untick"),
    # 批示
    path("instructions/", instructions.instruction_list, name="instruction_list"),
    path("instructions/add/", instructions.instruction_add, name="instruction_add"),
    path("instructions/<int:pk>/revise/", instructions.instruction_revise, name="instruction_revise"),
    path("instructions/<int:pk>/reply/", instructions.instruction_reply, name="instruction_reply"),
    # 问题台账、督查检查、协调
    path("problems/", problems.problem_list, name="problem_list"),
    path("problems/add/", problems.problem_add, name="problem_add"),
    path("problems/export/", problems.problem_export, name="problem_export"),
    path("problems/<int:pk>/", problems.problem_detail, name="problem_detail"),
    path("problems/<int:pk>/note/", problems.problem_note, name="problem_note"),
    path("problems/<int:pk>/apply/", problems.problem_apply, name="problem_apply"),
    path("problems/<int:pk>/withdraw/", problems.problem_withdraw, name="problem_withdraw"),
    path("problems/<int:pk>/settle/", problems.problem_settle, name="problem_settle"),
    path("problems/<int:pk>/return/", problems.problem_return, name="problem_return"),
    path("problems/<int:pk>/amend/", problems.problem_amend, name="problem_amend"),
    path("problems/<int:pk>/reword/", problems.problem_reword, name="problem_reword"),
    path("problems/<int:pk>/drop/", problems.problem_drop, name="problem_drop"),
    path("problems/<int:pk>/escalate/", problems.problem_escalate, name="problem_escalate"),
    path("inspections/", inspections.inspection_list, name="inspection_list"),
    path("inspections/add/", inspections.inspection_add, name="inspection_add"),
    path("inspections/<int:pk>/", inspections.inspection_detail, name="inspection_detail"),
    path("coordination/", coordination.coordination_list, name="coordination_list"),
    path("coordination/<int:pk>/answer/", coordination.coordination_answer, name="coordination_answer"),
    # 催办
    path("remind/", reminders.reminder_list, name="reminder_list"),
    path("remind/send/", reminders.reminder_send, name="reminder_send"),
    # 延期
    path("extensions/", extensions.extension_list, name="extension_list"),
    path("measures/<number:number>/parts/<int:pk>/extension/", extensions.extension_request, name="extension_request"),
    path("extensions/<int:pk>/withdraw/", extensions.extension_withdraw, name="extension_withdraw"),
    path("extensions/<int:pk>/approve/", extensions.extension_approve, name="extension_approve"),
    path("extensions/<int:pk>/refuse/", extensions.extension_refuse, name="extension_refuse"),
    # 办结、跟踪问效
    path("completions/", completions.completion_list, name="completion_list"),
    path("completions/<int:pk>/", completions.completion_detail, name="completion_detail"),
    path(
        "measures/<number:number>/parts/<int:pk>/completion/", completions.completion_request, name="completion_request"
    ),
    path("completions/<int:pk>/withdraw/", completions.completion_withdraw, name="completion_withdraw"),
    path("completions/<int:pk>/grant/", completions.completion_grant, name="completion_grant"),
    path("completions/<int:pk>/return/", completions.completion_return, name="completion_return"),
    path("measures/<number:number>/parts/<int:pk>/reopen/", completions.completion_reopen, name="completion_reopen"),
    path("measures/<number:number>/parts/<int:pk>/effect/", completions.effect_add, name="effect_add"),
    # 通报、汇报、简报
    path("circulars/", circulars.circular_list, name="circular_list"),
    path("circulars/add/", circulars.circular_add, name="circular_add"),
    path("circulars/<int:pk>/", circulars.circular_detail, name="circular_detail"),
    path("circulars/<int:pk>/edit/", circulars.circular_edit, name="circular_edit"),
    path("circulars/<int:pk>/refill/", circulars.circular_refill, name="circular_refill"),
    path("circulars/<int:pk>/issue/", circulars.circular_issue, name="circular_issue"),
    path("circulars/<int:pk>/correct/", circulars.circular_correct, name="circular_correct"),
    path("circulars/<int:pk>/discard/", circulars.circular_discard, name="circular_discard"),
    path("circulars/<int:pk>/figures/", circulars.circular_figures, name="circular_figures"),
    path("circulars/<int:pk>/word/", circulars.circular_word, name="circular_word"),
    path("circulars/<int:pk>/table/", circulars.circular_table, name="circular_table"),
    # 方案、记录、说明
    path("plan/", plans.plan, name="plan"),
    path("plan/<int:pk>/", plans.plan, name="plan_detail"),
    path("plan/<int:pk>/choose/", plans.plan_choose, name="plan_choose"),
    path("plan/import/", revisions.revision_upload, name="revision_upload"),
    path("plan/import/<int:pk>/", revisions.revision_preview, name="revision_preview"),
    path("plan/import/<int:pk>/apply/", revisions.revision_apply, name="revision_apply"),
    path("plan/import/<int:pk>/discard/", revisions.revision_discard, name="revision_discard"),
    path("plan/import/<int:pk>/again/", revisions.revision_again, name="revision_again"),
    path("plan/import/<int:pk>/new-plan/", revisions.revision_as_new, name="revision_as_new"),
    path("plan/revisions/<int:pk>/", revisions.revision_detail, name="revision_detail"),
    path("plan/revisions/<int:pk>/file/", revisions.revision_file, name="revision_file"),
    path("plan/revisions/<int:pk>/revert/", revisions.revision_revert, name="revision_revert"),
    path("plan/revisions/<int:pk>/restore/", revisions.revision_restore, name="revision_restore"),
    path("plan/revisions/<int:pk>/sign/", revisions.revision_sign, name="revision_sign"),
    path("log/", plans.event_list, name="event_list"),
    path("help/", help.help, name="help"),
]
