# Action Cable on /cable, for one origin and for the same host, and nothing else.
require "logger"
require "json"
require "action_cable"

class Connection < ActionCable::Connection::Base
end

# Logs what was answered, in the form of node/server.js.
class Logged
  def initialize(app)
    @app = app
  end

  def call(env)
    socket = env["puma.socket"].to_io
    status, headers, body = @app.call(env)
    query = env["QUERY_STRING"].empty? ? "" : "?" + env["QUERY_STRING"]
    opened = status == -1
    puts JSON.generate(side: "server", client: address(socket.remote_address), server: address(socket.local_address), method: env["REQUEST_METHOD"],
                       uri: env["SCRIPT_NAME"] + env["PATH_INFO"] + query, host: env["HTTP_HOST"], origin: env["HTTP_ORIGIN"],
                       http_version: env["SERVER_PROTOCOL"].delete_prefix("HTTP/"), status: opened ? nil : status, subprotocol: nil,
                       extensions: nil, sent: 0, received: 0, closes: [], end: nil)
    [status, headers, body]
  end

  def address(a)
    "#{a.ip_address}:#{a.ip_port}"
  end
end

$stdout.sync = true
config = ActionCable.server.config
config.logger = Logger.new(nil)
config.cable = { "adapter" => "async" }
config.connection_class = -> { Connection }
config.allowed_request_origins = ["https://app.example"]
config.allow_same_origin_as_host = true

use Logged
map("/cable") { run ActionCable.server }
