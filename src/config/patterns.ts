/** What texts of the config look like that also get into scripts on instances: one pattern for those who check them and those who use them. */

/** An AWS region: "ap-northeast-2". Which of them the stack can be in is another question. */
export const REGION = /^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/;

/** Longest address of a repository, characters: it goes into the builder's user data, which EC2 limits. */
export const GIT_ADDRESS_LENGTH = 500;

/** An https address of a git repository, without user and password, of characters that mean nothing to a shell. */
export const GIT_ADDRESS = new RegExp(
  String.raw`^(?=.{1,${GIT_ADDRESS_LENGTH}}$)https:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._~+%-]+)+\/?$`,
);

/** A branch, tag or commit. */
export const GIT_REVISION = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/+-]{0,254}$/;

/**
 * Whose a range is that reaches the bastions: characters that EC2 takes in a rule's description, and the most of them (API reference,
 * IpRange). What begins with Buddy-SSH is the tool's own.
 */
export const RANGE_NAME = /^(?! |Buddy-SSH|.* $)[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

/** A path that the load balancer may ask for. */
export const HEALTH_CHECK_PATH = /^\/[!-~]{0,1023}$/;

/**
 * What a config may say of an application, bytes of JSON: how a web instance runs it, and which packages it needs. It goes
 * into user data, of which EC2 takes 16 KB (RunInstances, UserData).
 */
export const APP_BYTES = { running: 10_000, packages: 4_000 } as const;

/** A variable of an application's environment. What begins with BUDDYVERSE_ is the tool's own. */
export const ENVIRONMENT_VARIABLE = /^(?!BUDDYVERSE_)[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A file or folder inside of a project, with slashes, of characters that mean nothing to a shell. */
export const PROJECT_PATH =
  /^(?=.{1,255}$)(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9_.][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_.][A-Za-z0-9_.+-]*)*$/;

/** A module of Python: "config.settings". */
export const PYTHON_MODULE = /^(?=.{1,255}$)[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** A module of Python and, after a colon, a name in it, as gunicorn takes them: "config.wsgi:application". */
export const WSGI_ENTRY = /^(?=.{1,255}$)[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$/;

/** A package of Debian or Ubuntu (Debian policy, 5.6.1). */
export const DEBIAN_PACKAGE = /^[a-z0-9][a-z0-9+.-]{1,127}$/;

/** A version of Python, without or with its patch level. */
export const PYTHON_VERSION = /^3\.\d{1,2}(\.\d{1,2})?$/;

/** A name that a site is called by: a domain's, or the load balancer's own. */
export const SITE_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

/** A bucket's name without dots: with them no certificate of S3's fits its host (user guide, "Bucket naming rules"). */
export const BUCKET = /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
/** A key of characters that are safe in every path (user guide, "Naming Amazon S3 objects"). */
export const STATE_KEY = /^(?!\.{1,2}\/)(?!.*\/(\.{1,2})?\/)[\w!.'()-][\w!.'()/-]{0,899}(?<!\/)$/;
