"""Questions answered in this process as they are put, as if a worker had been waiting for them."""

from typing import Any

import pytest

from playground.runs.questions import Questions
from playground.runs.store import Store
from playground.runs.tasks import answer


def answer_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """From now on; returns the requests, which grow."""
    asked: list[dict[str, Any]] = []
    put = Questions.ask

    def ask(questions: Questions, kind: str, request: dict[str, Any], run_id: str | None = None) -> int:
        asked.append(request)
        task_id = put(questions, kind, request, run_id)
        answer(store, "here")
        return task_id

    monkeypatch.setattr(Questions, "ask", ask)
    return asked
