# syntax=docker/dockerfile:1
FROM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /peneira ./cmd/peneira

# pg_dump refuses a server that is newer than itself: trixie brings version 17.
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/peneira --create-home peneira
COPY --from=build /peneira /usr/local/bin/peneira
USER peneira
WORKDIR /var/lib/peneira
ENV PENEIRA_LISTEN=0.0.0.0:5000 PENEIRA_DATA_DIR=/var/lib/peneira
VOLUME /var/lib/peneira
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s --retries=3 CMD ["peneira", "healthcheck"]
ENTRYPOINT ["peneira"]
CMD ["serve"]
