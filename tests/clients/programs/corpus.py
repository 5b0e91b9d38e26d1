"""Four passages, what two lanes think of them, and what is asked."""

PASSAGES = {
    "tasks#retrying": "A task is retried by calling self.retry() within it.",
    "tasks#acks": "The worker acknowledges a task when it has returned.",
    "workers#prefetch": "Each worker prefetches four messages.",
    "beat#crontab": "A crontab schedule names minute, hour and weekday.",
}
VECTOR = {"tasks#acks": 0.82, "tasks#retrying": 0.71, "workers#prefetch": 0.55}
LEXICAL = {"tasks#retrying": 9.5, "beat#crontab": 7.25}
RERANKED = {"tasks#retrying": 0.94, "tasks#acks": 0.4, "workers#prefetch": 0.2, "beat#crontab": 0.1}
KEPT = 2  # of what is reranked
QUESTION = "How is a task retried?"
STREAMED = "How is a task retried, as a stream?"
FAILING = "How does the model fail for good?"
SESSION, USER = "s1", "u1"
