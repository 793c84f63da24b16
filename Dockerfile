# The portal, built: `docker build -t client-portal .`
#
#   docker run -p 3000:3000 -v portal-data:/data client-portal                                      the demo world
#   docker run -p 3000:3000 -e DATABASE_URL=... -e JWT_SECRET=... -e APP_ENV=production client-portal

FROM node:24-slim AS pages
WORKDIR /srv/portal/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM python:3.11-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/portal
RUN python -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
RUN .venv/bin/pip install --no-deps --no-build-isolation -e . && .venv/bin/python -m compileall -q .venv app

FROM python:3.11-slim
RUN useradd --system --no-create-home --home-dir /data portal && install -d -o portal -g portal -m 700 /data
WORKDIR /srv/portal
COPY --from=packages /srv/portal ./
COPY migrations migrations
COPY scripts/seed_notifications.py scripts/
COPY --from=pages /srv/portal/frontend/dist frontend/dist
ENV PATH=/srv/portal/.venv/bin:$PATH HOST=0.0.0.0 PORT=3000 DATA_DIR=/data PYTHONUNBUFFERED=1
USER portal
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
ENTRYPOINT ["portal"]
CMD ["run"]
