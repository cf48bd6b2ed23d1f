# One image for every part of TalkHub; the first argument says which part a container is.
#
#   docker build -t talkhub-mcp-server .
#   docker run --rm talkhub-mcp-server api|webhook|dashboard|worker|scheduler|migrate|cli …
#
# Base images carry exact tags; `./deploy-talkhub.sh build --pin` builds from their digests.
# `./run image` follows these steps in an empty folder where there is no Docker.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm

# --- The packages: what pip needs stays behind in this stage ---
FROM ${PYTHON_IMAGE} AS packages
COPY docker/install-packages.sh docker/sbom.py /build/
COPY requirements/base.txt /build/requirements/
RUN ["sh", "/build/install-packages.sh", "/build/requirements/base.txt", "/opt/talkhub"]

# --- The image ---
FROM ${PYTHON_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="TalkHub MCP Server" \
      org.opencontainers.image.description="Memory, analysis and a window for chatbots" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      io.talkhub.sbom="/opt/talkhub/sbom.cdx.json"

# curl and ping are for people and health checks. ping is copied to lose its privileges: with
# every capability dropped the kernel would refuse to run it, and it needs none.
# pip is of no use in an image whose file system is read-only.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl iputils-ping \
 && rm -rf /var/lib/apt/lists/* \
 && install -m 0755 /bin/ping /usr/local/bin/ping \
 && python -m pip uninstall -y pip setuptools wheel \
 && groupadd --gid 10001 talkhub \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin talkhub \
 && install -d -o 10001 -g 10001 /app/logs

WORKDIR /app
COPY --from=packages /opt/talkhub /opt/talkhub
COPY alembic.ini worker.py wsgi.py ./
COPY docker/entrypoint.sh docker/healthcheck.sh docker/
COPY migrations migrations
COPY talkhub talkhub

ENV PATH=/opt/talkhub/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TALKHUB_ENV=production \
    HOST=0.0.0.0 \
    PORT=3003 \
    METRICS_PORT=9100 \
    LOG_FILE=/app/logs/app.log \
    HEARTBEAT_FILE=/tmp/talkhub/heartbeat \
    PROMETHEUS_MULTIPROC_DIR=/tmp/talkhub/metrics
RUN ["python", "-m", "compileall", "-q", "-j", "0", "talkhub", "migrations"]

# Written to are only /tmp (in memory, in the stack) and /app/logs (a volume).
USER 10001:10001
EXPOSE 3003
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["sh", "docker/healthcheck.sh"]
ENTRYPOINT ["sh", "docker/entrypoint.sh"]
CMD ["api"]
