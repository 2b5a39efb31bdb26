// One client of the fixed-response S3 server: takes its requests out of the bytes that come and sends the responses.
// Used by fixed_s3.cc, which knows when there is something to receive or room to send. Nothing here waits.
#pragma once

#include "objects.h"
#include "request.h"
#include "response.h"
#include "stream.h"

#include <cstdint>
#include <string>

namespace fixed_s3 {

enum class Progress { done, later, gone };  // gone: the client left, or is to be left

class Connection {
 public:
  Connection(int fd, SSL_CTX* tls, Statistics& statistics) : stream_(fd, tls), statistics_(statistics) {}

  int fd() const { return stream_.fd(); }
  Progress receive();       // done: `request` is whole
  Progress receive_more();  // bytes of whatever comes next; notices a client that went away
  void respond(Response response);
  Progress send();  // done: all of the response is out

  Request request;
  std::string body;  // of the request, if Objects needs it

 private:
  bool take_head();
  bool take_body();
  bool take_chunked();
  void consume(std::size_t size);

  Stream stream_;
  Statistics& statistics_;
  std::string input_;      // received, not yet used
  bool in_body_ = false;   // the head was taken
  bool keep_ = false;      // the body's bytes are asked for
  std::int64_t left_ = 0;  // body bytes still to come (of this chunk, if chunked); -1: a chunk's size line comes next
  bool last_chunk_ = false;
  Response response_;
  std::size_t sent_ = 0;
};

}  // namespace fixed_s3
