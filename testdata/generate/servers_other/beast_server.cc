// A Boost.Beast server that echoes whatever path is asked for, one connection after the other: beast_server PORT.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/version.hpp>
#include <boost/beast/websocket.hpp>
#include <cstdlib>
#include <string>

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;

int main(int, char **argv) {
	boost::asio::io_context context;
	tcp::acceptor acceptor(context, {boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::atoi(argv[1]))});
	for (;;) {
		websocket::stream<tcp::socket> ws(acceptor.accept());
		ws.set_option(websocket::stream_base::decorator(
			[](websocket::response_type &r) { r.set(http::field::server, std::string(BOOST_BEAST_VERSION_STRING) + " chat"); }));
		boost::beast::error_code failed;
		ws.accept(failed);
		while (!failed) {
			boost::beast::flat_buffer buffer;
			ws.read(buffer, failed);
			ws.text(ws.got_text());
			if (!failed)
				ws.write(buffer.data(), failed);
		}
		ws.next_layer().shutdown(tcp::socket::shutdown_both, failed);
	}
}
