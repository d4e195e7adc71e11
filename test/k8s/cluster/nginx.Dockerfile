# What stands in for nginxinc/nginx-unprivileged where its registry is out of reach: Debian's nginx, on port 8080 and as nobody in particular.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends nginx-light \
  && rm -rf /var/lib/apt/lists/*
COPY nginx.conf /etc/nginx/nginx.conf
STOPSIGNAL SIGQUIT
USER 101
CMD ["nginx", "-e", "stderr", "-g", "daemon off;"]
