# syntax=docker/dockerfile:1
# docker build --build-arg VERSION=$(git describe --tags --always) --build-arg COMMIT=$(git rev-parse --short=12 HEAD) .
# The Go that releases are built with: release_go in the Makefile.
ARG GO_IMAGE=golang:1.26.11-trixie
ARG BASE_IMAGE=debian:trixie-slim

# The compiler runs on the builder's own platform, whatever it compiles for.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd cmd
COPY db db
COPY internal internal
ARG TARGETOS TARGETARCH
ARG VERSION=dev
ARG COMMIT=unknown
ARG BUILT=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false -tags=nomsgpack \
    -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT} -X main.built=${BUILT}" -o /peneira ./cmd/peneira

# pg_dump refuses a server that is newer than itself: trixie brings version 17. Its package needs Perl, which pg_dump does not.
FROM ${BASE_IMAGE} AS postgres
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17

FROM ${BASE_IMAGE}
ARG VERSION=dev
ARG COMMIT=unknown
ARG BUILT=unknown
LABEL org.opencontainers.image.title="Peneira" \
    org.opencontainers.image.description="Hosts JavaScript data-preparation scripts and runs them, safely and asynchronously, over posted JSON" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${COMMIT}" \
    org.opencontainers.image.created="${BUILT}"
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 liblz4-1 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/peneira --no-create-home peneira \
    && install -d -o peneira -g peneira -m 0750 /var/lib/peneira /var/lib/peneira/backups /var/lib/peneira/logs
COPY --from=postgres /usr/lib/postgresql/17/bin/pg_dump /usr/lib/postgresql/17/bin/pg_restore /usr/lib/postgresql/17/bin/
RUN for program in /usr/lib/postgresql/17/bin/*; do "$program" --version || exit 1; done
COPY --from=build /peneira /usr/local/bin/peneira
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/peneira
ENV PENEIRA_LISTEN=0.0.0.0:5000 PENEIRA_DATA_DIR=/var/lib/peneira
VOLUME /var/lib/peneira
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["peneira", "healthcheck"]
ENTRYPOINT ["peneira"]
CMD ["serve"]
