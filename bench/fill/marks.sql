-- What is said of them: one in eight has failed, one in fifty has a thumb down.
INSERT INTO marks (project, key_ts, trace_id, version, started_at, stage, fault, kind, certainty, groundedness, grounded_by,
 thumb, anchors, flags, judged, review)
SELECT project, key_ts, trace_id, version, started_at,
 if(cityHash64(trace_id,1) % 8 = 0, ['route','retrieve','rerank','context','generate','validate'][1 + cityHash64(trace_id,2) % 6] AS s, '') stage,
 if(stage = '', '', transform(stage, ['route','retrieve','rerank','context','generate','validate'], ['wrong_product','miss','dropped','budget_drop','ungrounded','false_anchor'], '')) fault,
 if(stage = '', '', 'heuristic') kind, if(stage = '', '', 'suspected') certainty,
 pow(cityHash64(trace_id,3) / 18446744073709551616., 0.3) groundedness, 'lexical' grounded_by,
 multiIf(cityHash64(trace_id,4) % 100 < 2, 'down', cityHash64(trace_id,4) % 100 < 6, 'up', '') thumb,
 if(fault = 'false_anchor', 'false', 'ok') anchors, flags, 'not_sampled' judged, '' review
FROM traces WHERE project = {project:String} AND version >= {lo:UInt64} AND version < {lo:UInt64} + {n:UInt64}
