#!/usr/bin/env bash
# Makes the secrets of compose.yaml in secrets/, each once: what exists stays as it is.
# The directory is the owner's alone; the files are readable, since the containers' users are others than the owner.
set -euo pipefail
cd "$(dirname "$0")/../../.."
mkdir -p secrets
chmod 0700 secrets

# random prints 24 bytes from the system's generator as hexadecimal digits, which need no escaping in an address.
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# write NAME VALUE writes a secret that does not exist yet.
write() {
	[[ ! -e secrets/$1 ]] || return 0
	printf '%s' "$2" >"secrets/$1"
	chmod 0444 "secrets/$1"
	echo "made secrets/$1"
}

write postgres_password "$(random)"
write database_url "postgres://peneira:$(<secrets/postgres_password)@postgres:5432/peneira?sslmode=disable"
write grafana_password "$(random)"
