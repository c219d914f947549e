import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** TlsClient URL VERSION SUITE makes one attempt with java.net.http: a message, its echo, Close 1000. */
final class TlsClient {
    private TlsClient() {
    }

    public static void main(String[] args) throws Exception {
        URI uri = URI.create(args[0]);
        SSLParameters parameters = new SSLParameters(new String[] {args[2]}, new String[] {args[1]});
        HttpClient client = HttpClient.newBuilder().sslContext(SSLContext.getDefault()).sslParameters(parameters).build();
        CompletableFuture<Void> echoed = new CompletableFuture<>();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        int status = 101;
        int messages = 0;
        String closes = "";
        try {
            WebSocket ws = client.newWebSocketBuilder().buildAsync(uri, new WebSocket.Listener() {
                @Override
                public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                    echoed.complete(null);
                    socket.request(1);
                    return null;
                }

                @Override
                public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                    closed.complete(null);
                    return null;
                }
            }).join();
            ws.sendText("hello", true).join();
            echoed.get(5, TimeUnit.SECONDS);
            messages = 1;
            closes = "{\"t\":" + System.currentTimeMillis() + ",\"code\":1000,\"reason\":\"done\"}";
            ws.sendClose(1000, "done").join();
            closed.get(5, TimeUnit.SECONDS);
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof WebSocketHandshakeException refused)) {
                System.out.println("{\"error\":\"" + e.getCause().getMessage().replaceAll("[\"\\\\\n]", "'") + "\"}");
                System.exit(0);
                return;
            }
            status = refused.getResponse().statusCode();
        }
        String path = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        System.out.println("{\"side\":\"client\",\"client\":null,\"server\":\"127.0.0.1:" + uri.getPort() + "\",\"method\":\"GET\",\"uri\":\"" + path
                + "\",\"host\":\"" + uri.getAuthority() + "\",\"origin\":null,\"http_version\":\"1.1\",\"status\":" + status + ",\"sent\":" + messages
                + ",\"received\":" + messages + ",\"closes\":[" + closes + "],\"end\":null}");
        System.exit(0);
    }
}
