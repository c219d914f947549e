// A WebSocket++ server that echoes and whose application refuses /vetoed: websocketpp_server PORT.
#include <cstdlib>
#include <string>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

using Server = websocketpp::server<websocketpp::config::asio>;

int main(int, char **argv) {
	Server server;
	server.clear_access_channels(websocketpp::log::alevel::all);
	server.init_asio();
	server.set_reuse_addr(true);
	server.set_validate_handler([&](websocketpp::connection_hdl h) {
		auto c = server.get_con_from_hdl(h);
		if (c->get_resource() == "/vetoed")
			return false;
		for (const auto &offered : c->get_requested_subprotocols())
			if (offered == "chat")
				c->select_subprotocol(offered);
		return true;
	});
	server.set_message_handler([&](websocketpp::connection_hdl h, Server::message_ptr m) { server.send(h, m->get_payload(), m->get_opcode()); });
	server.listen(websocketpp::lib::asio::ip::tcp::v4(), static_cast<uint16_t>(std::atoi(argv[1])));
	server.start_accept();
	server.run();
}
