#!/usr/bin/env bash
# Tries the image localhost/peneira as compose.yaml runs it: by number and not as root, without capabilities, on a read-only
# root, behind our seccomp profile, with a PostgreSQL that it reaches by TCP and a password. local.sh calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."
store=("$@")
port=55432 listen=127.0.0.1:55500
work=$(mktemp -d)
chmod 755 "$work"
postgres=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -1)
as_postgres() { runuser -u postgres -- "$@"; }
tidy() {
	engine kill trial >/dev/null 2>&1 || true
	as_postgres "$postgres/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap tidy EXIT

# A daemon's engine does not mind cgroups of two kinds; crun does. So it sees only one.
engine() {
	unshare --mount bash -c 'umount --lazy /sys/fs/cgroup/unified 2>/dev/null || true; exec "$@"' - \
		podman "${store[@]}" --cgroup-manager cgroupfs --events-backend none --runtime crun "$@"
}
options=(--cgroups=disabled --network=host --no-healthcheck --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 --pull never
	--read-only --read-only-tmpfs=false --tmpfs /tmp:size=64m,mode=1777,noexec,nosuid,nodev --cap-drop=all
	--security-opt=no-new-privileges --security-opt seccomp=docs/operations/deploy/seccomp.json
	--volume "$work/data:/var/lib/peneira" --volume "$work/secrets:/run/secrets:ro"
	--env DATABASE_URL_FILE=/run/secrets/database_url --env PENEIRA_AUTH=off --env PENEIRA_SANDBOX_REQUIRE=strict
	--env PENEIRA_LISTEN=$listen)
say() { printf '\n== %s\n' "$*"; }
call() { curl -fsS --max-time 60 "$@"; }
member() { sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" | head -1; }

install -d -o postgres "$work/pg"
install -d "$work/secrets"
install -d -o 10001 -g 10001 -m 0750 "$work/data" "$work/data/backups" "$work/data/logs"
password=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
install -o postgres -m 0600 /dev/stdin "$work/password" <<<"$password"
as_postgres "$postgres/initdb" -D "$work/pg" -U peneira -A scram-sha-256 --pwfile="$work/password" >/dev/null
as_postgres "$postgres/pg_ctl" -D "$work/pg" -w -l "$work/pg/log" -o "-p $port -h 127.0.0.1 -k $work/pg" start >/dev/null
printf 'postgres://peneira:%s@127.0.0.1:%s/postgres' "$password" "$port" >"$work/secrets/database_url"

say "the program, and who it is"
engine run --rm "${options[@]}" localhost/peneira version
engine run --rm "${options[@]}" --entrypoint sh localhost/peneira -c 'id; /usr/lib/postgresql/17/bin/pg_dump --version
	grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; ! touch /usr/local/bin/x 2>/dev/null && echo "the root cannot be written"'

say "the service, with every protection required"
engine run --rm --name trial "${options[@]}" localhost/peneira >"$work/log" 2>&1 &
service=$!
for ((tries = 0; ; tries++)); do
	call "http://$listen/readyz" >/dev/null 2>&1 && break
	((tries < 300)) || { cat "$work/log"; exit 1; }
	sleep 0.2
done
engine exec trial peneira healthcheck && echo "its health check passes"
call -H 'Accept: application/json' "http://$listen/health"
echo

say "a script, a backup"
script=$(call "http://$listen/api/scripts" -H 'Content-Type: application/json' \
	-d '{"name":"trial","content":"function process(d) { return d.map(x => x * 2); }"}' | member id)
result=$(call "http://$listen/api/executions" -H 'Content-Type: application/json' -H 'Prefer: wait=30' \
	-d '{"scriptId":"'"$script"'","data":[1,2,3]}')
[[ $(tr -d ' \n' <<<"$result") == *'"outputData":[2,4,6]'* ]] || { echo "$result"; exit 1; }
echo "its result is right"
call -X POST "http://$listen/api/backup/database"
echo
ls -l "$work/data/backups"

say "a stop in good order"
engine stop --time 30 trial >/dev/null
wait "$service"
tail -n 1 "$work/log"
