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
ENV NODE_ENV=production
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["/app/dist/main.js"]
