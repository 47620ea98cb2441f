#!/bin/sh
# Prints the VirtualService that sends PERCENT of the requests to green and the rest to blue.
#
#   ./route.sh 10 | kubectl apply -f -           push: the pipeline applies it
#   ./route.sh 10 > deploy/virtual-service.yaml  pull: a commit says it, a controller applies it
set -eu

green=${1:-}
case $green in
  '' | *[!0-9]* | 0?*) green=101 ;;
esac
if [ "$#" -ne 1 ] || [ "$green" -gt 100 ]; then
  echo "usage: $0 PERCENT, a whole number from 0 to 100" >&2
  exit 2
fi

cat <<EOF
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: my-app-vs
spec:
  hosts:
    - "*"
  gateways:
    - my-gateway
  http:
    - route:
EOF

# A colour without weight is left out, so that nothing routes to a subset that may be gone.
destination() {
  [ "$2" -gt 0 ] || return 0
  cat <<EOF
        - destination:
            host: my-app-service
            subset: $1
            port:
              number: 80
          weight: $2
EOF
}

destination green "$green"
destination blue "$((100 - green))"
