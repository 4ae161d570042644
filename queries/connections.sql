-- TuneConnection sets a connection up for what this service asks of it: the same few statements, each a look-up along an
-- index. A plan that is made once serves them all; PostgreSQL would plan some of them anew each time, at more than they
-- cost to run. A plan made while a table was empty must not scan it when it is full. Compiling plans (JIT) takes longer than
-- these statements do, and a plan that has to scan all the same would look dear enough for it. And lz4, where the server
-- has it, takes less time than the default to compress a payload to less.
-- name: TuneConnection :exec
SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('jit', 'off', false),
       (SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_catalog.pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals));

-- RelaxConnection has commits over a connection not wait for the disk: a crash of the server may forget the last of them,
-- within three times its wal_writer_delay.
-- name: RelaxConnection :exec
SELECT set_config('synchronous_commit', 'off', false);
