curl -X POST "$STAGELIGHT_URL/api/v1/traces" \
  -H "Authorization: Bearer $STAGELIGHT_KEY" -H 'Content-Type: application/json' -d @- <<JSON
{
  "trace_id": "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')",
  "started_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "query": "How do I retry a task?",
  "answer": "Call self.retry() in the task [1].",
  "candidates": [{"chunk_id": "c1", "title": "Retrying", "text": "Call self.retry() in the task.",
                  "lanes": {"vector": {"rank": 1, "score": 0.82}}, "survived": true, "cited": true}]
}
JSON
