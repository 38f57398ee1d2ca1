"""任务一侧的网址：读起来就是目录。名字即视图函数名。"""
from django.urls import path, register_converter

from .views import boards, help, leaders, measures, periods, plans, progress, reviews, revisions


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
    path("attachments/<int:pk>/", progress.attachment_download, name="attachment_download"),
    path("attachments/<int:pk>/remove/", progress.attachment_remove, name="attachment_remove"),
    # 审核
    path("review/", reviews.review_list, name="review_list"),
    path("review/<int:pk>/", reviews.review_detail, name="review_detail"),
    path("review/<int:pk>/approve/", reviews.progress_approve, name="progress_approve"),
    path("review/<int:pk>/return/", reviews.progress_return, name="progress_return"),
    # 报送期
    path("periods/", periods.period_list, name="period_list"),
    path("periods/year/", periods.period_year, name="period_year"),
    path("periods/<period:slug>/open/", periods.period_open, name="period_open"),
    path("periods/<period:slug>/extend/", periods.period_extend, name="period_extend"),
    path("periods/<period:slug>/close/", periods.period_close, name="period_close"),
    path("periods/<period:slug>/reopen/", periods.period_reopen, name="period_reopen"),
    # 总览与举措
    path("board/", boards.board, name="board"),
    path("board/<period:slug>/", boards.board, name="board_period"),
    path("lead/", leaders.lead, name="lead"),
    path("departments/<slug:slug>/", leaders.department_detail, name="department_detail"),
    path("my-department/", leaders.my_department, name="my_department"),
    path("measures/", measures.measure_list, name="measure_list"),
    path("measures/<number:number>/", measures.measure_detail, name="measure_detail"),
    path("measures/<number:number>/settings/", measures.measure_settings, name="measure_settings"),
    path("measures/<number:number>/light/", measures.light_set, name="light_set"),
    path("measures/<number:number>/light/lift/", measures.light_lift, name="light_lift"),
    # 方案、记录、说明
    path("plan/", plans.plan, name="plan"),
    path("plan/<int:pk>/", plans.plan, name="plan_detail"),
    path("plan/<int:pk>/choose/", plans.plan_choose, name="plan_choose"),
    path("plan/import/", revisions.revision_upload, name="revision_upload"),
    path("plan/import/<int:pk>/", revisions.revision_preview, name="revision_preview"),
    path("plan/import/<int:pk>/apply/", revisions.revision_apply, name="revision_apply"),
    path("plan/import/<int:pk>/discard/", revisions.revision_discard, name="revision_discard"),
    path("plan/import/<int:pk>/again/", revisions.revision_again, name="revision_again"),
    path("plan/revisions/<int:pk>/", revisions.revision_detail, name="revision_detail"),
    path("plan/revisions/<int:pk>/file/", revisions.revision_file, name="revision_file"),
    path("plan/revisions/<int:pk>/revert/", revisions.revision_revert, name="revision_revert"),
    path("plan/revisions/<int:pk>/sign/", revisions.revision_sign, name="revision_sign"),
    path("log/", plans.event_list, name="event_list"),
    path("help/", help.help, name="help"),
]
