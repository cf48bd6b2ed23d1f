"""The usual design, to be compared with: one RQ job for each conversation.

`python -m benchmarks.one_job_each simple|fork` is one worker process. Its job does what our
drain does for a conversation, with the same analyser and statements.
"""

from __future__ import annotations

import sys

from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from talkhub.analysis.pipeline import load as load_analyser
from talkhub.embedded.boot import settings_or_exit
from talkhub.jobs.context import begin, worker_context
from talkhub.jobs.queues import connect
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.labelling import insights
from talkhub.services.labelling.insights import DueConversation
from talkhub.services.reporting import bucket_stats
from talkhub.store.uow import workspace_scope

QUEUE = "one-job-each"
JOB = "benchmarks.one_job_each.analyse_one"
_CLASSES = {"simple": SimpleWorker, "fork": Worker}
_FIND = """
select id, fence, messages, status from conversations
where workspace_id = %(workspace_id)s and id = %(id)s
"""


def open_queue(redis_url: str) -> Queue:
    """Return the queue with a job for each conversation."""
    return Queue(QUEUE, connection=connect(redis_url), serializer=JSONSerializer)


def analyse_one(conversation_id: int) -> None:
    """Analyse one conversation and count again what it changes."""
    database = worker_context().database
    scope = workspace_scope(DEFAULT_WORKSPACE_ID, "one job each")
    with database.unit_of_work(scope) as uow:
        key = {"workspace_id": DEFAULT_WORKSPACE_ID, "id": conversation_id}
        row = uow.run(_FIND, key).mappings().one()
        insights.store_analyses(uow, insights.analyse_conversations([DueConversation(**row)]))
    with database.unit_of_work(scope) as uow:
        bucket_stats.recount_hours(uow, limit=1)
    with database.unit_of_work(scope) as uow:
        insights.recount_profiles(uow, limit=1)


def main() -> None:
    """Work until SIGTERM."""
    settings = settings_or_exit()
    begin(settings)
    load_analyser()
    queue = open_queue(str(settings.redis_url))
    worker = _CLASSES[sys.argv[1]](
        [queue], connection=queue.connection, serializer=queue.serializer
    )
    worker.work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main()
