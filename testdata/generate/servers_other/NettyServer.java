import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Netty's own WebSocket handler on paths that begin with /chat: NettyServer HOST PORT. */
public class NettyServer {
    /** Logs each request with what was answered. */
    static class Logged extends ChannelDuplexHandler {
        private HttpRequest asked;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            if (message instanceof HttpRequest) {
                asked = (HttpRequest) message;
            }
            super.channelRead(ctx, message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise done) throws Exception {
            if (message instanceof HttpResponse) {
                HttpResponse answer = (HttpResponse) message;
                Log.write(address(ctx.channel().remoteAddress()), address(ctx.channel().localAddress()), asked.method().name(), asked.uri(),
                        asked.headers().get("Host"), asked.headers().get("Origin"), asked.protocolVersion().text().substring(5),
                        answer.status().code(), answer.headers().get("Sec-WebSocket-Protocol"), answer.headers().get("Sec-WebSocket-Extensions"));
            }
            super.write(ctx, message, done);
        }

        private static String address(Object at) {
            InetSocketAddress a = (InetSocketAddress) at;
            return a.getAddress().getHostAddress() + ":" + a.getPort();
        }
    }

    /** Echoes text; what Netty's handler lets pass is no handshake, and refused by the application: 403 and a body of its own. */
    static class Application extends SimpleChannelInboundHandler<Object> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Object message) {
            if (message instanceof TextWebSocketFrame) {
                ctx.writeAndFlush(((TextWebSocketFrame) message).retain());
            } else if (message instanceof FullHttpRequest) {
                byte[] body = "no chat here\n".getBytes(StandardCharsets.UTF_8);
                DefaultFullHttpResponse no = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.FORBIDDEN,
                        Unpooled.wrappedBuffer(body));
                no.headers().set("Content-Type", "text/plain").setInt("Content-Length", body.length);
                ctx.writeAndFlush(no).addListener(ChannelFutureListener.CLOSE);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        NioEventLoopGroup group = new NioEventLoopGroup(1);
        new ServerBootstrap().group(group).channel(NioServerSocketChannel.class).childHandler(new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new HttpServerCodec(), new Logged(), new HttpObjectAggregator(65536),
                        new WebSocketServerProtocolHandler("/chat", "chat", false, 65536, false, true), new Application());
            }
        }).bind(args[0], Integer.parseInt(args[1])).sync().channel().closeFuture().sync();
    }
}
