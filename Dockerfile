# The webhook: one bundled file on a Node without a shell.
FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY agent/checks.json agent/checks.json
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=build /build/dist /app/dist
# One arena of the C library for all threads: what one of them frees the others can use, so that resident memory stays lower.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["/app/dist/main.js"]
