// The places of the standard chain, each made by its own function; see credentials_chain.h for their order.
// Used by the chain and, as parts of it, by profiles (a profile may name another source).
#pragma once

#include <memory>
#include <string>

#include "auth/aws/credentials_chain.h"
#include "auth/aws/profile.h"

namespace genro::storage {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
std::unique_ptr<CredentialsSource> make_environment_source(CredentialsContext context);
/// The profile named by the context: keys, role_arn with source_profile or credential_source, web identity,
/// credential_process, SSO. Throws config for a profile that was named and does not exist.
std::unique_ptr<CredentialsSource> make_profile_source(CredentialsContext context);
/// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
std::unique_ptr<CredentialsSource> make_web_identity_source(CredentialsContext context);
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with their authorization token (ECS, EKS Pod Identity).
std::unique_ptr<CredentialsSource> make_container_source(CredentialsContext context);
/// Instance metadata service, version 2. Not set up when AWS_EC2_METADATA_DISABLED is true or nobody answers.
std::unique_ptr<CredentialsSource> make_instance_source(CredentialsContext context);

/// One call of the Security Token Service.
struct AssumeRole {
  std::string role_arn;
  std::string session_name;        ///< "" = one of our own making
  std::string external_id;         ///< "" = none
  std::string duration_seconds;    ///< "" = the service's default
  std::string region;              ///< "" = the global endpoint
  std::string web_identity_token;  ///< not "": AssumeRoleWithWebIdentity, which is not signed
  std::string source;              ///< name for messages
};
/// `signer` signs an AssumeRole; unused with a web identity token.
Task<Credentials> assume_role(CredentialsContext context, AssumeRole call, Credentials signer);
/// The web identity token is read anew each time: the platform replaces the file.
Task<Credentials> assume_role_with_token_file(CredentialsContext context, AssumeRole call, std::string token_file);

/// GetRoleCredentials with the access token that `aws sso login` left in ~/.aws/sso/cache.
Task<Credentials> sso_credentials(CredentialsContext context, AwsProfiles profiles, AwsProfiles::Section profile,
                                  std::string source);
/// Runs the command of credential_process (through sh, as the AWS tools do) and reads its document.
Task<Credentials> process_credentials(CredentialsContext context, std::string command, std::string source);

}  // namespace genro::storage
