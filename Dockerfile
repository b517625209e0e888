# One image for every process; the role is the argument: web, relay, worker, migrate_contexts, bootstrap_database …
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /srv/ashlar
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY pyproject.toml uv.lock ./
# Neither the embedded servers nor the tools of development: production runs on servers of its own.
RUN uv sync --locked --no-default-groups --no-install-project

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ashlar
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/ashlar
COPY manage.py LICENSE ./
COPY config ./config
COPY shared_kernel ./shared_kernel
COPY inventory ./inventory
COPY payments ./payments
COPY customers ./customers
COPY orders ./orders
# The API document and the state machines, which every process serves.
COPY docs/openapi.json docs/state-machines.json ./docs/
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ASHLAR_ENV=production \
    ASHLAR_DATA_DIR=/tmp/ashlar \
    HOST=0.0.0.0 \
    MANAGEMENT_HOST=0.0.0.0
USER ashlar
EXPOSE 8000 8001
# tini takes over orphans; signals go to the supervisor alone, which stops its children in order.
ENTRYPOINT ["tini", "--", "python", "manage.py"]
CMD ["up"]
# Web gets 25 s for requests in flight and 5 s before that to be taken out of the balancer.
STOPSIGNAL SIGTERM
