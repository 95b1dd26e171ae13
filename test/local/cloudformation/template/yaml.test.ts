import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from '../fixture.ts';

const TEMPLATE = `
AWSTemplateFormatVersion: 2010-09-09
Description: >-
  a template
  in YAML
Parameters:
  Colour: { Type: String, Default: red }
Mappings:
  Sizes: { red: { count: 3 } }
Conditions:
  Red: !Equals [!Ref Colour, red]
  Both: !And [!Condition Red, !Not [!Equals ['a', 'b']]]
Resources:
  A:
    Type: Test::Thing
    Properties:
      Colour: !Ref Colour
      On: on
      Version: 2012-10-17
      Account: "000000000000"
      Number: 7
      Texts: [012, 1.10, 123456789012345678, 1e3]
      Nothing: null
  B:
    Type: Test::Thing
    DependsOn: A
    Condition: Both
    Properties:
      Short: !GetAtt A.Endpoint.Port
      List: !GetAtt [A, Shade]
      Long: { Fn::GetAtt: [A, Shade] }
      Sub: !Sub "\${Colour} of \${AWS::Region}"
      SubMap: !Sub ["\${X}", { X: !Ref Colour }]
      Joined: !Join ["-", [a, !Select [1, !Split [",", "x,y"]]]]
      If: !If [Red, !FindInMap [Sizes, red, count], 0]
      Encoded: !Base64 text
      Code: |
        exports.handler = 1;
        // two
`;

test('reads YAML like its JSON form, short forms included', async (t) => {
  const { sdk, idle, cloud, stackOf } = await setUp(t);
  await sdk.createStack({ StackName: 'one', TemplateBody: TEMPLATE });
  await idle();
  const { StackStatus, Description } = await stackOf('one');
  assert.deepEqual([StackStatus, Description], ['CREATE_COMPLETE', 'a template in YAML']);
  assert.deepEqual(cloud.named('A')[0]?.properties, {
    Colour: 'red',
    On: 'on',
    Version: '2012-10-17',
    Account: '000000000000',
    Number: 7,
    Texts: ['012', '1.10', '123456789012345678', '1e3'],
    Nothing: null,
  });
  assert.deepEqual(cloud.named('B')[0]?.properties, {
    Short: '8080',
    List: 'red',
    Long: 'red',
    Sub: 'red of us-east-1',
    SubMap: 'red',
    Joined: 'a-y',
    If: 3,
    Encoded: 'dGV4dA==',
    Code: 'exports.handler = 1;\n// two\n',
  });
  assert.equal((await sdk.getTemplate({ StackName: 'one' })).TemplateBody, TEMPLATE);
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', TemplateBody: TEMPLATE.replace('Default: red', 'Default: "red"') }),
    { message: 'No updates are to be performed.' },
  );
});
