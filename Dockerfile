# One image, one role per container: api (the default), worker, migrate.
#
# Python 3.11, because that is the version every test runs on; slim, because no package needs a compiler to install.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/service
ENV PATH=/opt/service/bin:$PATH
WORKDIR /build
# The packages change less often than our code, so they get a layer of their own.
COPY requirements.lock ./
RUN pip install --no-deps --only-binary :all: --require-hashes --requirement requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation . && pip check

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin alerts
COPY --from=build /opt/service /opt/service
ENV PATH=/opt/service/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    HEALTH_PORT=8000
# The only folder it may write to, and it does so only with SQLite: everything else can be mounted read-only.
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 8000
# A worker answers on WORKER_METRICS_PORT: set HEALTH_PORT to the same.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["sh", "-c", "property-alerts health --port \"$HEALTH_PORT\""]
STOPSIGNAL SIGTERM
ENTRYPOINT ["property-alerts"]
CMD ["api", "--host", "0.0.0.0", "--port", "8000"]
