# syntax=docker/dockerfile:1
# Webhook, controller and command line: bundled files on a Node without a shell.
# The bundle is the same for every platform: made on the machine's own, never emulated.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
# The SBOM names what went into the bundle, which has no trace of its packages.
ARG BUILDKIT_SBOM_SCAN_STAGE=true
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY build build
COPY src src
COPY agent/checks.json agent/checks.json
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="health-injector" \
      org.opencontainers.image.description="Webhook and controller: annotate a Pod, and it gets the right health check." \
      org.opencontainers.image.source="https://github.com/health-injector/health-injector" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /build/dist /app/dist
# One arena of the C library for all threads: what one of them frees the others can use, which saves some MiB.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
# A number: runAsNonRoot believes no name.
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["/app/dist/webhook.js"]
