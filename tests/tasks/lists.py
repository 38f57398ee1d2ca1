"""一个数点开的清单有几行：照网址找到那张清单，数它的全部行（不分页），并与一行一行数的比。分析、考核、随机经过的测试共用。"""

from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import resolve

from tasks.figures import assessment
from tasks.figures import filters as filters_figures
from tasks.figures import parts as part_figures
from tasks.figures.changes import Changes
from tasks.figures.ledger import Ledger
from tasks.forms import AssessmentListForm, BoardFilterForm, ItemFilterForm

from .told import Told

# 报送情况的各个数：总览、清单、公文都用这些键。
REPORTS = ("owed", "reported", "approved", "submitted", "unreported", "missing", "draft", "returned", "on_time", "late")


class Lists:
    """一个方案的各张清单。同一期的台账只建一次（清单页自己每次都建，算法相同），同一个网址也只数一次。"""

    def __init__(self, plan, today):
        self.plan, self.today = plan, today
        self._known, self._counted = {}, {}

    def ledger(self, slug):
        if slug not in self._known:
            ledger = Ledger(self.plan, self.plan.periods.get(slug=slug), self.today)
            self._known[slug] = (ledger, Changes(ledger), Told(ledger))
        return self._known[slug]

    def count(self, url) -> int:
        """这个网址的清单有几行。网址里的条件必须都被认得。"""
        if url not in self._counted:
            parts = urlsplit(url)
            found, query = resolve(parts.path), QueryDict(parts.query)
            self._counted[url] = getattr(self, found.url_name)(query, **found.kwargs)
        return self._counted[url]

    def board_period(self, query, slug):
        ledger, changes, told = self.ledger(slug)
        chosen = known(BoardFilterForm(query), query)
        found = list(filters_figures.standing(ledger, chosen, changes).values_list("measure", flat=True))
        assert found == [line.measure.pk for line in told.lines(chosen)], query
        return len(found)

    def board_items(self, query, slug):
        ledger, _, told = self.ledger(slug)
        chosen = known(ItemFilterForm(query), query)
        found = list(part_figures.standing(ledger, chosen).values_list("assignment", flat=True))
        assert found == [item.part.assignment.pk for item in told.parts(chosen)], query
        return len(found)

    def assessment_list(self, query):
        form = AssessmentListForm(query, plan=self.plan)
        known(form, query)
        return assessment.listing(self.plan, self.today, form).page_obj.paginator.count


def known(form, query) -> dict:
    """表单认得的条件；网址里写了而表单不认的，就是断了的链接。"""
    assert form.is_valid(), form.errors
    assert set(query) <= set(form.chosen), f"不认得的条件：{set(query) - set(form.chosen)}"
    return form.chosen
