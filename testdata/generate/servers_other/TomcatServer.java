import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.File;
import java.io.IOException;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;
import org.apache.tomcat.websocket.server.WsSci;

/** Tomcat with an endpoint /app/chat that one origin may use: TomcatServer HOST PORT BASE. */
public class TomcatServer {
    public static class Echo extends Endpoint {
        @Override
        public void onOpen(Session session, EndpointConfig config) {
            session.addMessageHandler(String.class, new MessageHandler.Whole<String>() {
                @Override
                public void onMessage(String text) {
                    session.getAsyncRemote().sendText(text);
                }
            });
        }
    }

    public static class OneOrigin extends ServerEndpointConfig.Configurator {
        @Override
        public boolean checkOrigin(String origin) {
            return origin == null || origin.isEmpty() || origin.equals("https://app.example");
        }
    }

    /** Answers /app/vetoed itself, as an application does that says no before Tomcat is asked. */
    public static class Veto implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain next) throws IOException, ServletException {
            if (!((HttpServletRequest) request).getRequestURI().endsWith("/vetoed")) {
                next.doFilter(request, response);
                return;
            }
            ((HttpServletResponse) response).setStatus(403);
            response.setContentType("application/json");
            response.getWriter().write("{\"error\":\"not you\"}");
        }
    }

    /** Logs what was answered. */
    static class Logged extends ValveBase {
        Logged() {
            super(true);
        }

        @Override
        public void invoke(Request r, Response response) throws IOException, ServletException {
            getNext().invoke(r, response);
            String query = r.getQueryString() == null ? "" : "?" + r.getQueryString();
            Log.write(r.getRemoteAddr() + ":" + r.getRemotePort(), r.getLocalAddr() + ":" + r.getLocalPort(), r.getMethod(),
                    r.getRequestURI() + query, r.getHeader("Host"), r.getHeader("Origin"), r.getProtocol().substring(5), response.getStatus(),
                    response.getHeader("Sec-WebSocket-Protocol"), response.getHeader("Sec-WebSocket-Extensions"));
        }
    }

    public static void main(String[] args) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(args[2]);
        tomcat.setHostname("localhost");
        tomcat.setPort(Integer.parseInt(args[1]));
        tomcat.getConnector().setProperty("address", args[0]);
        new File(args[2], "app").mkdirs();
        Context app = tomcat.addContext("/app", new File(args[2], "app").getAbsolutePath());
        Wrapper files = Tomcat.addServlet(app, "default", new DefaultServlet());
        files.setLoadOnStartup(1);
        app.addServletMappingDecoded("/", "default");
        FilterDef veto = new FilterDef();
        veto.setFilterName("veto");
        veto.setFilterClass(Veto.class.getName());
        app.addFilterDef(veto);
        FilterMap everywhere = new FilterMap();
        everywhere.setFilterName("veto");
        everywhere.addURLPattern("/*");
        app.addFilterMap(everywhere);
        app.addServletContainerInitializer(new WsSci(), null);
        app.addServletContainerInitializer((classes, context) -> {
            ServerContainer container = (ServerContainer) context.getAttribute(ServerContainer.class.getName());
            try {
                for (String path : List.of("/chat", "/secret")) {
                    container.addEndpoint(ServerEndpointConfig.Builder.create(Echo.class, path).configurator(new OneOrigin())
                            .subprotocols(List.of("chat")).build());
                }
            } catch (Exception e) {
                throw new ServletException(e);
            }
        }, null);
        SecurityCollection secret = new SecurityCollection();
        secret.addPattern("/secret");
        SecurityConstraint staff = new SecurityConstraint();
        staff.addCollection(secret);
        staff.addAuthRole("staff");
        app.addConstraint(staff);
        app.addSecurityRole("staff");
        app.setLoginConfig(new LoginConfig("BASIC", "staff", null, null));
        app.getPipeline().addValve(new org.apache.catalina.authenticator.BasicAuthenticator());
        tomcat.getHost().getPipeline().addValve(new Logged());
        tomcat.start();
        tomcat.getServer().await();
    }
}
