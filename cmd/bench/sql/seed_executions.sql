-- Fills the month that lies :back months back with :rows finished executions, in the state that a normal life leaves them in.
-- A fifth are those of one script, the rest is spread over all. 3 in 100 failed; of the older half of the months, so many
-- were cancelled as :cancelled says, one in so many: nobody has cancelled any of late.
WITH month AS (
    SELECT low, (extract(epoch FROM low) * 1000)::bigint AS low_ms,
           extract(epoch FROM least(low + interval '1 month', now() - interval '5 minutes') - low)::float8 * 1000 / :'rows'::float8 AS step_ms
    FROM (SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => :'back'::integer)) AT TIME ZONE 'UTC' AS low) AS l
), hosted AS MATERIALIZED (
    SELECT id, current_version, row_number() OVER (ORDER BY id) - 1 AS number FROM scripts WHERE id <> :'busy'
), numbered AS (
    SELECT n, low_ms + (n * step_ms)::bigint AS ms, md5(:'back' || ' ' || n) AS chance,
           abs(hashint8extended(n, :'back'::bigint) % 1000003) AS dice, abs(hashint8extended(n, 1000 + :'back'::bigint) % 1000003) AS other
    FROM month CROSS JOIN generate_series(0, :'rows'::bigint - 1) AS n
), chosen AS (
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(chance, 1, 3) || '8' || substr(chance, 5, 15))::uuid AS id,
           CASE WHEN other % 5 = 0 THEN :'busy'::uuid ELSE h.id END AS script_id,
           CASE WHEN other % 5 = 0 THEN 1 ELSE h.current_version END AS script_version,
           CASE WHEN dice % 100 < 3 THEN 'failed'
                WHEN :'cancelled'::integer > 0 AND dice / 100 % greatest(:'cancelled'::integer, 1) = 0 THEN 'cancelled' ELSE 'completed' END AS status,
           to_timestamp(ms / 1000.0::float8) AS at, chance, n
    FROM numbered JOIN hosted h ON h.number = other / 5 % (SELECT count(*) - 1 FROM scripts)
), accepted AS (
    INSERT INTO executions (id, script_id, script_version, status, input_json, input_data, input_bytes, output_json, output_data, output_bytes,
        error_kind, error_message, error_json, attempt, created_at, started_at, completed_at, execution_time_ms, execution_time_us)
    SELECT id, script_id, script_version, status, input, input::jsonb, octet_length(input::text),
           CASE WHEN status = 'completed' THEN output END, CASE WHEN status = 'completed' THEN output::jsonb END,
           CASE WHEN status = 'completed' THEN octet_length(output::text) END,
           CASE WHEN status = 'failed' THEN 'script-error' END,
           CASE status WHEN 'failed' THEN 'TypeError: x is not a function' WHEN 'cancelled' THEN 'it was cancelled on request' END,
           CASE WHEN status = 'failed' THEN '{"kind":"script-error","name":"TypeError","message":"x is not a function","line":3}'::json END,
           CASE WHEN status = 'cancelled' THEN 0 ELSE 1 END, at, CASE WHEN status <> 'cancelled' THEN at + interval '5 ms' END, at + interval '9 ms',
           CASE WHEN status <> 'cancelled' THEN 1 END, CASE WHEN status <> 'cancelled' THEN 1234 END
    FROM (SELECT *, json_build_object('id', n, 'name', left(chance, 12), 'rows', json_build_array(n % 97, n % 89, n % 83), 'corporate', n % 2 = 0) AS input,
                 json_build_object('id', n, 'sum', n % 97 + n % 89 + n % 83) AS output FROM chosen) AS c
    ORDER BY id
    RETURNING id, created_at
)
INSERT INTO audit_log (id, at, action, subject, request_id, address)
SELECT id, created_at, 'execution.run', id::text, 'req-' || left(md5(id::text), 16), '127.0.0.1'
FROM accepted WHERE created_at > now() - interval '9600 hours'
ORDER BY accepted.id;
