"""随机的经过：在报送之外，再抽问题挂账与销号、批示、延期、办结的重新打开、催办、对外宣传。只用 workflow 的动词。"""

import datetime as dt

from hypothesis import strategies as st

from tasks import workflow
from tasks.models import Assignment, Measure, Problem, Progress, Reminder
from tests.tasks.figures.test_ledger import Story, moment

EXTRAS = ["", "", "problem", "order", "extension", "reopen", "release"]


class FullStory(Story):
    """一个方案几个月里什么都可能发生。每件事都发生在抽到的那个月里，不跑到“今天”之后。"""

    def tell(self, row, month):
        super().tell(row, month)
        if what := self.draw(st.sampled_from(EXTRAS), label="另有"):
            getattr(self, what)(
                Assignment.objects.select_related("measure", "department").get(pk=row.assignment_id), month
            )

    def month(self, period):
        super().month(period)
        if self.draw(st.booleans(), label="催办"):
            room = self.draw(st.sampled_from(self.rooms))
            Reminder.objects.create(
                plan=self.plan, department=room, text="请报送。", by=self.office, at=moment(period.starts_on.month, 20)
            )

    def problem(self, assignment, month):
        made = workflow.open_problem(
            self.plan, **self.who(month, 3), title="问题", text="情况", department=assignment.department,
            category=self.draw(st.sampled_from(Problem.Category.values)), level=self.draw(st.sampled_from(["department", "group"])),
            due_on=dt.date(2023, month, self.draw(st.sampled_from([5, 20, 28]))), measure=assignment.measure,
        )  # fmt: skip
        reach = self.draw(st.sampled_from(["open", "applied", "settled"]), label="办到哪一步")
        if reach != "open":
            made = workflow.apply_problem(
                made, by=self.reporters[assignment.department], at=moment(month, 12), text="办了。"
            )
        if reach == "settled":
            workflow.settle_problem(made, **self.who(month, self.draw(st.sampled_from([13, 29]))))

    def order(self, assignment, month):
        leader, said = (
            assignment.measure.leaders.first(),
            f"{month}月第{assignment.measure.instructions.count() + 1}次抓紧。",
        )
        order = workflow.issue_instruction(
            Measure.objects.get(pk=assignment.measure_id), **self.who(month, 9), text=said, leader=leader
        )
        for room in order.departments.all():
            if self.draw(st.booleans(), label="回复"):
                workflow.reply_instruction(order, by=self.reporters[room], at=moment(month, 18), text="办了。")

    def extension(self, assignment, month):
        reporter = self.reporters[assignment.department]
        asks = "request_extension" in workflow.allowed_actions(reporter, assignment)
        if not asks or assignment.due_on is None or assignment.extensions.waiting().exists():
            return
        later = max(assignment.due_on, dt.date(2023, month, 20)) + dt.timedelta(
            days=self.draw(st.sampled_from([1, 40]))
        )
        made = workflow.request_extension(
            assignment, by=reporter, at=moment(month, 11), new_due_on=later, reason="等文件"
        )
        done = self.draw(st.sampled_from(["waiting", "approved", "refused"]), label="批了没有")
        if done == "approved":
            workflow.approve_extension(made, **self.who(month, 12))
        if done == "refused":
            workflow.refuse_extension(made, **self.who(month, 12), note="按期")

    def reopen(self, assignment, month):
        if assignment.completions.in_force().exists():
            workflow.reopen_completion(assignment, **self.who(month, 13), reason="复查")

    def release(self, assignment, month):
        rows = Progress.objects.filter(
            assignment=assignment, status="approved", superseded_at=None, public_item=None, corrects=None
        )
        if row := rows.first():
            workflow.release_item(row, **self.who(month, 29), category="practice", wording="做得好。")
