package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	kproxy "k8s.io/apimachinery/pkg/util/proxy"
)

// kubernetes is what apimachinery gives to the API server: the proxy that wants
// an upgrade for exec, attach and portforward, and the SPDY upgrade of a kubelet.
// Only who may do what (/…/secret/…) is decided here, with apimachinery's error.
func kubernetes() http.Handler {
	backend := &url.URL{Scheme: "http", Host: "127.0.0.1:9"}
	upgrade := kproxy.NewUpgradeAwareHandler(backend, http.DefaultTransport, false, true, responder{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/secret/"):
			pods := schema.GroupResource{Resource: "pods"}
			cause := errors.New(`User "ann" cannot create resource "pods/exec" in API group "" in the namespace "default"`)
			responder{}.Error(w, r, apierrors.NewForbidden(pods, "secret", cause))
		case strings.HasPrefix(r.URL.Path, "/exec/"): // a kubelet's
			if _, err := httpstream.Handshake(r, w, []string{"v4.channel.k8s.io", "channel.k8s.io"}); err != nil {
				return
			}
			c := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(httpstream.Stream, <-chan struct{}) error { return nil })
			if c != nil {
				_ = c.Close()
			}
		default:
			upgrade.ServeHTTP(w, r)
		}
	})
}

// responder writes an error as the API server does: as a Status in JSON.
type responder struct{}

func (responder) Error(w http.ResponseWriter, _ *http.Request, err error) {
	status := apierrors.NewInternalError(err).Status()
	if known := apierrors.APIStatus(nil); errors.As(err, &known) {
		status = known.Status()
	}
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	w.Header().Set("Cache-Control", "no-cache, private")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	_ = json.NewEncoder(w).Encode(status)
}
