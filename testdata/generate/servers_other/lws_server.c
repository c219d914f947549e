/* A libwebsockets server with one protocol, "chat", that echoes and that refuses the path /vetoed: lws_server PORT. */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
	unsigned char text[LWS_PRE + 256];
	size_t n;
};

static int chat(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct session *s = user;
	char uri[128];

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		if (lws_hdr_copy(wsi, uri, sizeof(uri), WSI_TOKEN_GET_URI) > 0 && !strcmp(uri, "/vetoed")) {
			printf("the callback refuses %s\n", uri);
			fflush(stdout);
			return -1;
		}
		break;
	case LWS_CALLBACK_RECEIVE:
		if (n <= sizeof(s->text) - LWS_PRE) {
			memcpy(s->text + LWS_PRE, in, n);
			s->n = n;
			lws_callback_on_writable(wsi);
		}
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		if (s->n && lws_write(wsi, s->text + LWS_PRE, s->n, LWS_WRITE_TEXT) < 0)
			return -1;
		s->n = 0;
		break;
	default:
		break;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{"http", lws_callback_http_dummy, 0, 0, 0, NULL, 0},
	{"chat", chat, sizeof(struct session), 256, 0, NULL, 0},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

int main(int argc, char **argv)
{
	struct lws_context_creation_info how;
	struct lws_context *context;

	memset(&how, 0, sizeof(how));
	how.port = argc > 1 ? atoi(argv[1]) : 0;
	how.iface = "lo";
	how.protocols = protocols;
	how.options = LWS_SERVER_OPTION_DISABLE_IPV6;
	context = lws_create_context(&how);
	while (context && lws_service(context, 0) >= 0)
		;
	return 1;
}
