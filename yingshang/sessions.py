"""会话存在库里（django.contrib.sessions.backends.db）；取它的那一句每页都问，是备好的。"""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from . import clock, prepared


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> Session | None:
        """没有过期的；没有、过期了的为 None，会话号也不再用。"""
        found = prepared.row("session", _with_key, self.session_key) if self.session_key else None
        if found is None or found.expire_date <= clock.real_now():
            self._session_key = None
            return None
        return found


def _with_key(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key)
