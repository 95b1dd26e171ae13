/** Why a function's result is invalid, with the message and `x-cache` value that CloudFront sends to viewers. */
export class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure';
  readonly status: 502 | 503;
  /** Precedes ` from cloudfront` in `x-cache`. */
  readonly mark: 'LambdaValidationError' | 'LambdaExecutionError' | 'LambdaLimitExceeded';

  private constructor(status: 502 | 503, mark: FunctionFailure['mark'], message: string) {
    super(message);
    this.status = status;
    this.mark = mark;
  }

  static validation(message: string): FunctionFailure {
    return new FunctionFailure(502, 'LambdaValidationError', message);
  }

  static execution(): FunctionFailure {
    return new FunctionFailure(
      503,
      'LambdaExecutionError',
      "The Lambda function associated with the CloudFront distribution is invalid or doesn't have the required permissions.",
    );
  }

  static limit(): FunctionFailure {
    return new FunctionFailure(
      503,
      'LambdaLimitExceeded',
      'The Lambda function associated with the CloudFront distribution exceeded a limit.',
    );
  }
}

export function invalidResult(reason: string): FunctionFailure {
  return FunctionFailure.validation(`The Lambda function result failed validation: ${reason}`);
}
