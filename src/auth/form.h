// form_of: the body of a form (application/x-www-form-urlencoded), as services that hand out tokens take it.
// Used by sources of credentials.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "codec/percent.h"

namespace genro::storage {

/// "a=1&b=2", percent-encoded. Fields without a value are left out.
inline std::string form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!form.empty()) form += '&';
    form.append(name).append("=");
    percent_encode_to(value, PercentSet::component, form);
  }
  return form;
}

}  // namespace genro::storage
