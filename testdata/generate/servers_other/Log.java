import java.util.Locale;

/** The log line of one exchange, in the form that node/server.js writes. */
final class Log {
    private Log() {
    }

    static void write(String client, String server, String method, String uri, String host, String origin, String version, int status,
            String subprotocol, String extensions) {
        System.out.println("{\"side\":\"server\",\"client\":" + text(client) + ",\"server\":" + text(server) + ",\"method\":" + text(method)
                + ",\"uri\":" + text(uri) + ",\"host\":" + text(host) + ",\"origin\":" + text(origin) + ",\"http_version\":" + text(version)
                + ",\"status\":" + (status == 0 ? "null" : status) + ",\"subprotocol\":" + text(subprotocol) + ",\"extensions\":"
                + text(extensions) + ",\"sent\":0,\"received\":0,\"closes\":[],\"end\":null}");
        System.out.flush();
    }

    private static String text(String s) {
        if (s == null) {
            return "null";
        }
        StringBuilder out = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            out.append(c < ' ' || c == '"' || c == '\\' ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
        }
        return out.append('"').toString();
    }
}
