#!/usr/bin/env bash
# Builds the image from the Dockerfile without a container engine's daemon or a registry, and tries it:
#   make image/local            (as root, on Debian with podman, buildah, crun, debootstrap and a PostgreSQL; minutes, 3 GB)
#   make image/local KEEP=1     keeps the base images and the image in .image, for the next time
# The base images are made here: Debian by debootstrap, Go by the toolchain that the Makefile pins.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$PWD/.image
mkdir -p "$place"
tidy() { [[ -n ${KEEP:-} ]] || { chmod -R u+w "$place" && rm -rf "$place"; }; }
trap tidy EXIT

store=(--root "$place/storage" --runroot "$place/run" --storage-driver vfs)
images() { buildah "${store[@]}" "$@"; }
has() { images inspect --type image "localhost/$1" >/dev/null 2>&1; }

suite=$(sed -n 's/^ARG BASE_IMAGE=debian:\(.*\)-slim$/\1/p' Dockerfile)
if ! has base; then
	debootstrap --variant=minbase "$suite" "$place/base" >"$place/debootstrap.log"
	chroot "$place/base" apt-get clean
	container=$(images from scratch)
	images add --quiet "$container" "$place/base" / >/dev/null
	images commit --quiet --rm "$container" localhost/base >/dev/null
	rm -rf "$place/base"
fi
if ! has golang; then
	toolchain=$(sed -n 's/^release_go := //p' Makefile)
	container=$(images from localhost/base)
	images add --quiet "$container" "$(GOTOOLCHAIN=$toolchain go env GOROOT)" /usr/local/go >/dev/null
	images add --quiet "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt >/dev/null
	images config --env PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin --env GOPATH=/go --env GOTOOLCHAIN=local "$container"
	images commit --quiet --rm "$container" localhost/golang >/dev/null
fi
images build --quiet --isolation chroot --format docker --pull-never \
	--build-arg GO_IMAGE=localhost/golang --build-arg BASE_IMAGE=localhost/base \
	--build-arg TARGETOS=linux --build-arg TARGETARCH="$(go env GOARCH)" \
	--build-arg VERSION="$(git describe --tags --always --dirty)" --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" \
	--tag localhost/peneira . >/dev/null
.tools/image/try.sh "${store[@]}"
