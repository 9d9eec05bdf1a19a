# The shop as an image: docker build --build-arg REVISION=$(git rev-parse HEAD) .
# With --build-arg REPORTING=1 it can tell Sentry and an OpenTelemetry collector, with S3=1 keep uploads in a bucket.
# One image for all: bin/serve web | worker | migrate | check.
FROM python:3.11-slim-bookworm AS built
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/mami
ARG REPORTING=
ARG S3=
COPY requirements.txt requirements-reporting.txt requirements-s3.txt ./
# Wheels only: nothing is compiled, so no compiler is needed here or later.
RUN python -m venv .venv \
    && .venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt \
       ${REPORTING:+-r requirements-reporting.txt} ${S3:+-r requirements-s3.txt}
COPY . .
RUN .venv/bin/python -m devtools.translations \
    && SECRET_KEY=only-for-building-static-files-and-nothing-else-00000000 MAMI_VAR=/opt/mami-static MAMI_DEMO=1 \
       DATABASE_URL=postgresql://nobody@127.0.0.1/none \
       .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim-bookworm
ARG REVISION=
ENV MAMI_REVISION=$REVISION MAMI_VAR=/var/lib/mami MAMI_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --create-home --home-dir /var/lib/mami --shell /usr/sbin/nologin mami \
    && install -d -o mami -m 0711 /var/lib/mami
COPY --from=built /opt/mami /opt/mami
# Not in the volume: bin/serve lays them there, in a new one and after an upgrade.
COPY --from=built /opt/mami-static/static /opt/mami-static/static
WORKDIR /opt/mami
USER 10001
VOLUME /var/lib/mami
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["/opt/mami/bin/serve", "live"]
ENTRYPOINT ["/opt/mami/bin/serve"]
CMD ["web"]
