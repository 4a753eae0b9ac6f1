// What each call of the API is for, takes and answers: the rows of routes.h for people and openapi.json.
#pragma once

#include <string>
#include <vector>

namespace darkroom::server {

struct ApiParameter {
  std::string name, type;  ///< type: "string", "integer"
  std::string description;
};

struct ApiCall {
  std::string method;
  std::string path;  ///< as in routes.h, with a name in each {}
  std::string summary;
  std::string body = {};            ///< name of a schema, or a media type of bytes; empty = none
  std::string answer = "Anything";  ///< likewise
  std::vector<ApiParameter> query = {};
};

const std::vector<ApiCall>& api_calls();

}  // namespace darkroom::server
