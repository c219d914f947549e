import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketAdapter;
import org.eclipse.jetty.websocket.server.NativeWebSocketServletContainerInitializer;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeFilter;
import org.eclipse.jetty.websocket.servlet.WebSocketServlet;
import org.eclipse.jetty.websocket.servlet.WebSocketServletFactory;

/** Jetty with a WebSocket servlet on /chat, one that refuses on /vetoed, and Jetty's WebSocket filter on /filtered: JettyServer HOST PORT PORT-WITHOUT-SERVER-HEADER. */
public class JettyServer {
    public static class Echo extends WebSocketAdapter {
        @Override
        public void onWebSocketText(String text) {
            try {
                getRemote().sendString(text);
            } catch (IOException e) {
                getSession().close();
            }
        }

        @Override
        public void onWebSocketConnect(Session session) {
            super.onWebSocketConnect(session);
        }
    }

    public static class Chat extends WebSocketServlet {
        @Override
        public void configure(WebSocketServletFactory factory) {
            factory.setCreator((request, response) -> {
                if (request.getRequestPath().equals("/vetoed")) {
                    try {
                        response.sendForbidden("not you");
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                    return null;
                }
                if (request.getSubProtocols().contains("chat")) {
                    response.setAcceptedSubProtocol("chat");
                }
                return new Echo();
            });
        }
    }

    private static void logged(Request r, Response response) {
        HttpServletRequest asked = r;
        HttpServletResponse answer = response;
        String query = asked.getQueryString() == null ? "" : "?" + asked.getQueryString();
        Log.write(asked.getRemoteAddr() + ":" + asked.getRemotePort(), asked.getLocalAddr() + ":" + asked.getLocalPort(), asked.getMethod(),
                asked.getRequestURI() + query, asked.getHeader("Host"), asked.getHeader("Origin"), asked.getProtocol().substring(5),
                response.getCommittedMetaData().getStatus(), answer.getHeader("Sec-WebSocket-Protocol"), answer.getHeader("Sec-WebSocket-Extensions"));
    }

    public static void main(String[] args) throws Exception {
        Server server = new Server();
        for (int i = 1; i < args.length; i++) {
            HttpConfiguration how = new HttpConfiguration();
            how.setSendServerVersion(i == 1);
            ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(how));
            connector.setHost(args[0]);
            connector.setPort(Integer.parseInt(args[i]));
            server.addConnector(connector);
        }
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        context.setContextPath("/");
        context.addServlet(new ServletHolder(new Chat()), "/chat");
        context.addServlet(new ServletHolder(new Chat()), "/vetoed");
        NativeWebSocketServletContainerInitializer.configure(context, (c, sockets) -> sockets.addMapping("/filtered", (a, b) -> new Echo()));
        WebSocketUpgradeFilter.configure(context);
        server.setHandler(context);
        server.setRequestLog(JettyServer::logged);
        server.start();
        server.join();
    }
}
